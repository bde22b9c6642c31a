import Foundation
import Hippofacts
import Platform
import TestSupport
import Testing

@Suite("Digests kept in a file")
struct DigestCacheFileTests {
    let directory: TemporaryDirectory
    private var file: String { directory.path + "/digests" }

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write(
            """
            [bindle]
            name = "app"
            version = "1.0.0"

            [[handler]]
            name = "app.wasm"
            route = "/"
            files = ["assets/*"]
            """, to: "project/HIPPOFACTS")
        try directory.write("module", to: "project/app.wasm")
        for number in 0..<20 { try directory.write("asset \(number)", to: "project/assets/\(number).txt") }
        // Files that were written a moment ago are read again, since they may be written once more in the same moment.
        for path in ["app.wasm"] + (0..<20).map({ "assets/\($0).txt" }) { try age("project/\(path)") }
        Thread.sleep(forTimeInterval: 0.05)
    }

    private func age(_ path: String, seconds: Double = 3600) throws {
        let date = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 - seconds).rounded() + 0.25)
        try FileManager.default.setAttributes(
            [.modificationDate: date], ofItemAtPath: directory.path + "/" + path)
    }

    private func expand(_ cache: inout DigestCache) throws -> Expansion {
        try Hippofacts(at: directory.path + "/project").expanded(cache: &cache)
    }

    @Test("save another process from reading files that have not changed")
    func saveAnotherProcessFromReadingFilesThatHaveNotChanged() throws {
        var cache = DigestCache(contentsOf: file)
        let first = try expand(&cache)
        #expect(cache.readFileCount == 21)
        try cache.write(to: file)

        var next = DigestCache(contentsOf: file)
        #expect(try expand(&next).invoice == first.invoice)
        #expect(next.readFileCount == 0)

        // The same size and time do not hide a change: the time of the change itself cannot be set.
        try directory.write("ASSET 7", to: "project/assets/7.txt")
        try age("project/assets/7.txt")
        var third = DigestCache(contentsOf: file)
        #expect(try expand(&third).invoice != first.invoice)
        #expect(third.readFileCount == 1)
    }

    @Test("do not hold for files that were written as they were read")
    func racyFiles() throws {
        let fresh = try directory.write("fresh", to: "project/assets/fresh.txt")
        let written = try #require(FileStatus(path: fresh.path)).identity.changeTime
        // The file is read 10 ms after it was written: it could be written again, and look the same.
        var cache = DigestCache()
        cache.time = FixedTime(nanosecondsSince1970: written + 10_000_000)
        _ = try expand(&cache)
        _ = try expand(&cache)
        #expect(cache.readFileCount == 1)
        try cache.write(to: file)
        var next = DigestCache(contentsOf: file)
        next.time = FixedTime(nanosecondsSince1970: written + 1_000_000_000)
        _ = try expand(&next)
        #expect(next.readFileCount == 1)
        _ = try expand(&next)
        #expect(next.readFileCount == 0)
        try next.write(to: file)
        var last = DigestCache(contentsOf: file)
        _ = try expand(&last)
        #expect(last.readFileCount == 0)
    }

    private struct FixedTime: TimeSource {
        var now: MonotonicTime { .distantPast }
        let nanosecondsSince1970: Int64
    }

    @Test("take no more than 120 bytes a file")
    func size() throws {
        for number in 0..<1000 {
            try directory.write("\(number)", to: "project/assets/some-longer-name-\(number).html")
        }
        var cache = DigestCache()
        cache.time = FixedTime(nanosecondsSince1970: .max)
        _ = try expand(&cache)
        try cache.write(to: file)
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)).count < 120 * 1000)
        var next = DigestCache(contentsOf: file)
        _ = try expand(&next)
        #expect(next.readFileCount == 0)
    }

    @Test("Paths are kept by their bytes, and updates are among them")
    func updates() throws {
        var expansion = ProjectExpansion()
        let project = try Hippofacts(at: directory.path + "/project")
        _ = try expansion.expand(project)
        for name in ["\u{E9}", "e\u{301}", "0", "zzz"] { try directory.write(name, to: "project/assets/\(name)") }
        try FileManager.default.removeItem(atPath: directory.path + "/project/assets/7.txt")
        _ = try expansion.update(
            ["assets/\u{E9}", "assets/e\u{301}", "assets/0", "assets/zzz", "assets/7.txt", "assets/8.txt"])
        // What was read just now is not relied on.
        Thread.sleep(forTimeInterval: 0.05)
        _ = try expansion.update(["assets/\u{E9}", "assets/e\u{301}", "assets/0", "assets/zzz", "assets/8.txt"])
        try expansion.takeDigests().write(to: file)
        var next = DigestCache(contentsOf: file)
        #expect(try expand(&next).invoice == expansion.invoice)
        #expect(next.readFileCount == 0)
    }

    @Test("count as none where the file is damaged") func countAsNoneWhereTheFileIsDamaged() throws {
        var cache = DigestCache()
        _ = try expand(&cache)
        try cache.write(to: file)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        for index in stride(from: 0, to: bytes.count, by: 37) {
            var damaged = bytes
            damaged[index] ^= 0x10
            try damaged.write(to: URL(fileURLWithPath: file))
            var next = DigestCache(contentsOf: file)
            _ = try expand(&next)
            #expect(next.readFileCount == 21)
        }
        try bytes.dropLast(40).write(to: URL(fileURLWithPath: file))
        var next = DigestCache(contentsOf: file)
        _ = try expand(&next)
        #expect(next.readFileCount == 21)
    }
}
