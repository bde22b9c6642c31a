import Foundation
import Hippofacts
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

    @Test func `save another process from reading files that have not changed`() throws {
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

    @Test("A file that was written as it was read is not kept, and read again")
    func racyFile() throws {
        try directory.write("fresh", to: "project/assets/fresh.txt")
        // The file's time lies behind the reading, however slow the machine: it is the time of a write that may be followed
        // by another one in the same moment.
        try age("project/assets/fresh.txt", seconds: -3600)
        for _ in 0..<2 {
            var cache = DigestCache(contentsOf: file)
            _ = try expand(&cache)
            try cache.write(to: file)
            #expect(try !Data(contentsOf: URL(fileURLWithPath: file)).contains(Data("fresh.txt".utf8)))
            #expect(try Data(contentsOf: URL(fileURLWithPath: file)).contains(Data("assets/7.txt".utf8)))
        }
        var next = DigestCache(contentsOf: file)
        _ = try expand(&next)
        #expect(next.readFileCount == 1)
    }

    @Test func `count as none where the file is damaged`() throws {
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

extension Data {
    fileprivate func contains(_ other: Data) -> Bool { range(of: other) != nil }
}
