import Content
import Cryptography
import Platform
import TestSupport
import Testing

@Suite("Contents that are taken from the project where the store has lost them")
struct ProjectBackedContentTests {
    /// A store that has nothing.
    private struct EmptyStore: ContentSource {
        func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent {
            throw .gone(name: name)
        }
    }

    /// A store whose pages have rotted.
    private struct RottenStore: ContentSource {
        func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent {
            OpenContent([UInt8](repeating: 0, count: file.size))
        }
    }

    private let directory: TemporaryDirectory
    private let content: ProjectBackedContent

    init() throws {
        directory = try TemporaryDirectory()
        content = ProjectBackedContent(EmptyStore(), project: directory.path)
    }

    private static func file(_ bytes: [UInt8]) -> ContentFile {
        ContentFile(digest: SHA256.hash(bytes), size: bytes.count, mediaType: "text/plain", modificationTime: 0)
    }

    private static let large = [UInt8](repeating: 3, count: 2 << 20)

    private func write(_ bytes: [UInt8], to name: String, age: Int = 60) throws {
        let path = directory.path + "/" + name
        try FileWriter.write(bytes, to: path)
        var times = [timeval(), timeval()]
        gettimeofday(&times[0], nil)
        times[0].tv_sec -= age
        times[1] = times[0]
        #expect(utimes(path, times) == 0)
    }

    private func read(_ bytes: [UInt8], named name: String) throws -> [UInt8] {
        try content.open(Self.file(bytes), named: name).bytes(limit: 1 << 30, named: name)
    }

    @Test("A file with the digest that is wanted stands in, whatever its size")
    func standingIn() throws {
        for bytes in [[1, 2, 3], [], Self.large] {
            try write(bytes, to: "file")
            #expect(try read(bytes, named: "file") == bytes)
            #expect(throws: ContentError.gone(name: "file")) { try read(bytes + [1], named: "file") }
        }
        #expect(throws: ContentError.gone(name: "other")) { try read([1], named: "other") }
    }

    @Test("What has another content is not used, though it has the same size and the same times")
    func otherContent() throws {
        let other = [UInt8](repeating: 4, count: Self.large.count)
        try write(Self.large, to: "file")
        #expect(try read(Self.large, named: "file") == Self.large)
        try write(other, to: "file")
        #expect(throws: ContentError.gone(name: "file")) { try read(Self.large, named: "file") }
        #expect(try read(other, named: "file") == other)
    }

    @Test("What is open knows when it was written to, however shortly after", arguments: Rewriting.allCases, [0, 60])
    func writtenTo(_ rewriting: Rewriting, age: Int) throws {
        try write(Self.large, to: "file", age: age)
        let open = try content.open(Self.file(Self.large), named: "file")
        #expect(open.isIntact)
        try rewriting.happen(to: directory.path + "/file")
        #expect(!open.isIntact)
        // What was read meanwhile was other bytes, though these are the right ones again.
        try write(Self.large, to: "file", age: age + 1)
        #expect(!open.isIntact)
        #expect(try content.open(Self.file(Self.large), named: "file").isIntact)
    }

    @Test("What is open stays intact when its file loses its name or gets other permissions")
    func notWrittenTo() throws {
        try write(Self.large, to: "file")
        let open = try content.open(Self.file(Self.large), named: "file")
        #expect(chmod(directory.path + "/file", 0o600) == 0)
        #expect(open.isIntact)
        #expect(unlink(directory.path + "/file") == 0)
        #expect(open.isIntact)
    }

    @Test("A large file is hashed once, as long as its identity stays the same")
    func hashedOnce() throws {
        try write(Self.large, to: "file")
        // Its times have to lie back, lest it be written to once more and look the same.
        #expect(eventually { (try? FileStatus(path: directory.path + "/file")?.isRacy(at: now())) == false })
        _ = try content.open(Self.file(Self.large), named: "file")
        let before = try bytesRead()
        for _ in 0..<3 { _ = try content.open(Self.file(Self.large), named: "file") }
        #expect(try bytesRead() - before < Self.large.count)
    }

    private func now() -> Int64 { SystemTime().nanosecondsSince1970 }

    /// The bytes that this thread has read so far.
    private func bytesRead() throws -> Int {
        let text = String(decoding: try FileReader.bytes(of: "/proc/thread-self/io", limit: 4096), as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("rchar:") })
        return try #require(Int(line.dropFirst("rchar: ".count)))
    }

    @Test("Bytes of the store that are not what their digest says are damaged")
    func rotten() throws {
        let content = ProjectBackedContent(RottenStore(), project: directory.path)
        #expect(throws: ContentError.damaged(name: "file")) { try content.open(Self.file([1, 2]), named: "file") }
        try write([1, 2], to: "file")
        #expect(try content.open(Self.file([1, 2]), named: "file").bytes(limit: 10, named: "file") == [1, 2])
    }
}
