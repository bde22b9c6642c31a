import ComponentModel
import Content
import Cryptography
import Testing
import WASI
import WASIPreview2

/// A wwwroot of texts, with their contents in memory.
struct Texts: ContentSource {
    private let contents: [SHA256Digest: [UInt8]]
    let wwwroot: Wwwroot

    init(_ files: KeyValuePairs<String, String>) throws {
        var contents: [SHA256Digest: [UInt8]] = [:]
        var entries: [(path: RelativePath, file: ContentFile)] = []
        for (path, text) in files {
            let bytes = Array(text.utf8)
            let digest = SHA256.hash(bytes)
            contents[digest] = bytes
            let file = ContentFile(
                digest: digest, size: bytes.count, mediaType: "text/plain", modificationTime: 1_700_000_000_123_456_789)
            entries.append((try RelativePath(path), file))
        }
        self.contents = contents
        wwwroot = try Wwwroot(entries)
    }

    func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent {
        guard let bytes = contents[file.digest] else { throw .gone(name: name) }
        return OpenContent(bytes)
    }
}

extension Component {
    static let noFollow = Value.flags(0)
    static let follow = Value.flags(1)
    static let create: UInt32 = 1
    static let directory: UInt32 = 2
    static let exclusive: UInt32 = 4
    static let truncate: UInt32 = 8
    static let reading: UInt32 = 1
    static let writing: UInt32 = 2

    /// The descriptor of the first preopen.
    func root() throws -> Value {
        try #require(call("filesystem/preopens get-directories").list.first).fields[0]
    }

    func file(_ name: String) -> String { "filesystem/types [method]descriptor.\(name)" }

    func open(
        _ path: String, in directory: Value, _ openFlags: UInt32 = 0, _ flags: UInt32 = reading,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Value {
        try ok(
            file("open-at"), directory, Self.follow, .string(path), .flags(openFlags), .flags(flags),
            sourceLocation: sourceLocation)
    }

    /// Expects a function on a descriptor to fail with a code.
    func expect(
        _ code: FileErrorCode, _ name: String, _ arguments: Value..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let failure: Value
        switch arguments.count {
        case 1: failure = try self.failure(file(name), arguments[0], sourceLocation: sourceLocation)
        case 2: failure = try self.failure(file(name), arguments[0], arguments[1], sourceLocation: sourceLocation)
        case 3:
            failure = try self.failure(
                file(name), arguments[0], arguments[1], arguments[2], sourceLocation: sourceLocation)
        case 4:
            failure = try self.failure(
                file(name), arguments[0], arguments[1], arguments[2], arguments[3], sourceLocation: sourceLocation)
        default:
            failure = try self.failure(
                file(name), arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                sourceLocation: sourceLocation)
        }
        #expect(
            FileErrorCode(rawValue: failure.caseNumber) == code,
            "\(name): \(FileErrorCode.allCases[failure.caseNumber])",
            sourceLocation: sourceLocation)
    }

    func contents(_ descriptor: Value) throws -> String {
        let bytes = try ok(file("read"), descriptor, .u64(1 << 20), .u64(0)).fields[0].bytes
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The names in a directory, sorted.
    func names(_ descriptor: Value) throws -> [String] {
        let stream = try ok(file("read-directory"), descriptor)
        var names: [String] = []
        while let entry = try ok(
            "filesystem/types [method]directory-entry-stream.read-directory-entry", stream
        ).optional {
            names.append(entry.fields[1].string)
        }
        try drop("filesystem/types", "directory-entry-stream", stream)
        return names.sorted()
    }
}
