import Content
import Cryptography
import Synchronization

@testable import WASI

/// A wwwroot of texts, and a source that has their contents in memory.
struct ContentFixture {
    /// A source whose contents can go.
    final class Source: ContentSource {
        private let contents: Mutex<[SHA256Digest: [UInt8]]>

        init(_ contents: [SHA256Digest: [UInt8]]) {
            self.contents = Mutex(contents)
        }

        func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent {
            guard let bytes = contents.withLock({ $0[file.digest] }) else { throw .gone(name: name) }
            return OpenContent(bytes)
        }

        func removeAll() {
            contents.withLock { $0 = [:] }
        }
    }

    /// The time of every file, in nanoseconds since 1970.
    static let time: Int64 = 1_700_000_000_123_456_789

    let wwwroot: Wwwroot
    let source: Source

    init(_ files: KeyValuePairs<String, String>) throws {
        try self.init(files.map { ($0.key, $0.value) })
    }

    init(_ files: [(String, String)]) throws {
        var contents: [SHA256Digest: [UInt8]] = [:]
        var entries: [(path: RelativePath, file: ContentFile)] = []
        for (path, text) in files {
            let bytes = Array(text.utf8)
            let digest = SHA256.hash(bytes)
            contents[digest] = bytes
            let file = ContentFile(
                digest: digest, size: bytes.count, mediaType: "text/plain", modificationTime: Self.time)
            entries.append((try RelativePath(path), file))
        }
        wwwroot = try Wwwroot(entries)
        source = Source(contents)
    }

    /// The wwwroot as a read-only `/`.
    var readOnly: Preopen { Preopen(wwwroot: wwwroot, content: source, guestPath: "/") }

    func layer(_ limits: TransientLayer.Limits = .init()) -> TransientLayer {
        TransientLayer(over: wwwroot, content: source, limits: limits)
    }
}

extension Guest {
    /// A guest whose descriptor 3 is the preopen.
    convenience init(_ preopen: Preopen, edition: Edition = .preview1) {
        self.init(WASIConfiguration(preopens: [preopen]), edition: edition)
    }

    convenience init(_ layer: TransientLayer) {
        self.init(Preopen(layer: layer, guestPath: "/"))
    }

    struct Entry: Hashable {
        let next: UInt64
        let inode: UInt64
        let type: UInt8
        let name: String
    }

    /// Lists a directory as the C library does: with a buffer of a certain length, going on from the last whole entry.
    ///
    /// - Parameter between: is called between two calls.
    func list(
        _ descriptor: UInt64 = 3, from start: UInt64 = 0, bufferLength: Int = 4_096, between: () -> Void = {}
    ) throws(ErrorNumber) -> [Entry] {
        var entries: [Entry] = []
        var cookie = start
        while true {
            let result = call("fd_readdir", descriptor, 20_000, UInt64(bufferLength), cookie, 16)
            guard result == .success else { throw result }
            let used = Int(u32(16))
            guard used <= bufferLength else { throw .overflow }
            var position = 20_000
            while position + 24 <= 20_000 + used {
                let length = Int(u32(position + 16))
                guard position + 24 + length <= 20_000 + used else { break }
                entries.append(
                    Entry(
                        next: u64(position), inode: u64(position + 8), type: u8(position + 20),
                        name: string(position + 24, length)))
                cookie = u64(position)
                position += 24 + length
            }
            if used < bufferLength { return entries }
            between()
        }
    }

    /// The text of a file.
    func text(of path: String, in directory: UInt64 = 3) throws(ErrorNumber) -> String {
        let file = try open(path, in: directory)
        defer { _ = call("fd_close", file) }
        var text = ""
        while true {
            let part = try read(file)
            if part.isEmpty { return text }
            text += part
        }
    }

    /// Makes a file, or replaces what it has.
    func put(_ text: String, in path: String) throws(ErrorNumber) {
        let file = try open(path, flags: [.create, .truncate], rights: [.read, .write])
        defer { _ = call("fd_close", file) }
        guard try write(text, to: file) == text.utf8.count else { throw .noSpace }
    }
}
