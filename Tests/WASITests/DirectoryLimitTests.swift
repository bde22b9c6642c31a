import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

@testable import WASI

/// Directories of the host in which guests may keep only so much.
@Suite("Limited directories") struct DirectoryLimitTests {
    private let directory: TemporaryDirectory
    private let preopen: Preopen
    private let guest: Guest

    private static let limit = 10_000
    private static let nameCost = DirectoryUsage.costOfName
    private static let rights: Rights = [.read, .write, .seek, .tell, .status]

    init() throws {
        directory = try TemporaryDirectory()
        preopen = Self.preopen(at: directory.path)
        guest = Guest(preopen)
    }

    /// Another one of the same directory is what another process has.
    private static func preopen(at path: String, limit: Int = limit) -> Preopen {
        Preopen(hostPath: path, guestPath: "/data", access: .readWrite, limit: .init(bytes: limit, remedy: "more"))
    }

    private static func count(_ preopen: Preopen) throws -> DirectoryLedger.Count {
        try #require(preopen.limit).exclusively { count in count }
    }

    /// What is counted, which is what is there.
    private func count() throws -> Int64 {
        let count = try Self.count(preopen)
        #expect(count.named == DirectoryUsage(of: directory.path).cost)
        return count.total
    }

    private func open(_ name: String, _ flags: OpenFlags = .create, append: Bool = false) throws(ErrorNumber) -> UInt64
    {
        try guest.open(name, flags: flags, descriptorFlags: append ? .append : [], rights: Self.rights)
    }

    /// Writes `length` bytes at an offset.
    private func write(_ length: Int, to file: UInt64, at offset: UInt64) -> ErrorNumber {
        guest.putBuffers([(16_384, UInt32(length))], at: 512)
        return guest.call("fd_pwrite", file, 512, 1, offset, 16)
    }

    private func size(of name: String) throws -> UInt64 {
        #expect(guest.status(name) == .success)
        return guest.u64(256 + 32)
    }

    @Test("A write that does not fit is refused whole, and one that fits to the byte is not") func writes() throws {
        let file = try open("a")
        let room = Self.limit - Int(Self.nameCost)
        #expect(write(room + 1, to: file, at: 0) == .noSpace)
        #expect(try size(of: "a") == 0)
        #expect(write(room, to: file, at: 0) == .success)
        #expect(try count() == Int64(Self.limit))
        // What is there can be written over.
        #expect(write(100, to: file, at: 50) == .success)
        #expect(write(1, to: file, at: UInt64(room)) == .noSpace)
        #expect(guest.context.limitDescriptions == ["the limit of 10000 bytes in /data was reached; more raises it"])
        #expect(Guest(preopen).context.limitDescriptions.isEmpty)
        // Files can be opened, but none can be made.
        #expect(throws: Never.self) { try open("a") }
        #expect(throws: ErrorNumber.noSpace) { try open("b") }
        #expect(throws: ErrorNumber.fileExists) { try open("a", [.create, .exclusive]) }
        #expect(guest.callPath("path_create_directory", "d") == .noSpace)
        #expect(guest.symbolicLink(to: "a", at: "l") == .noSpace)
        #expect(guest.link("a", "l") == .noSpace)
    }

    @Test("What is appended counts from the end, wherever it was to be written") func appending() throws {
        let file = try open("a", append: true)
        #expect(write(9_000, to: file, at: 0) == .success)
        #expect(write(1_000, to: file, at: 0) == .noSpace)
        #expect(write(400, to: file, at: 0) == .success)
        #expect(try size(of: "a") == 9_400)
        #expect(try count() == 9_400 + Self.nameCost)
    }

    @Test("Holes count as what they seem to hold") func holes() throws {
        let file = try open("a")
        #expect(write(1, to: file, at: 1 << 40) == .noSpace)
        #expect(guest.call("fd_filestat_set_size", file, 1 << 40) == .noSpace)
        #expect(guest.call("fd_allocate", file, 1 << 30, 1) == .noSpace)
        #expect(guest.call("fd_seek", file, 1 << 40, 0, 8) == .success)
        #expect(throws: ErrorNumber.noSpace) { try guest.write("x", to: file) }
        #expect(write(2, to: file, at: UInt64(Int64.max) - 1) == .fileTooLarge)
        #expect(try size(of: "a") == 0)
        #expect(write(1, to: file, at: 4_999) == .success)
        #expect(try count() == 5_000 + Self.nameCost)
        #expect(guest.call("fd_allocate", file, 0, 5_000) == .success)
        #expect(guest.call("fd_allocate", file, 5_000, 1_000) == .success)
        #expect(try count() == 6_000 + Self.nameCost)
        #expect(guest.call("fd_filestat_set_size", file, 7_000) == .success)
        #expect(guest.call("fd_filestat_set_size", file, 10) == .success)
        #expect(try count() == 10 + Self.nameCost)
    }

    @Test("What is cut, removed or replaced makes room") func givingBack() throws {
        #expect(write(9_000, to: try open("a"), at: 0) == .success)
        #expect(write(1_000, to: try open("a", .truncate), at: 0) == .success)
        #expect(try count() == 1_000 + Self.nameCost)
        let other = try open("b")
        #expect(write(5_000, to: other, at: 0) == .success)
        #expect(guest.call("fd_close", other) == .success)
        #expect(guest.rename("a", "b") == .success)
        #expect(try Self.count(preopen) == .init(named: 1_000 + Self.nameCost))
        #expect(guest.callPath("path_create_directory", "d") == .success)
        #expect(guest.symbolicLink(to: "b", at: "d/l") == .success)
        #expect(guest.rename("b", "d/b") == .success)
        #expect(guest.rename("d", "e") == .success)
        #expect(try count() == 1_000 + 3 * Self.nameCost)
        #expect(guest.callPath("path_remove_directory", "e") == .directoryNotEmpty)
        for name in ["l", "b"] { #expect(guest.callPath("path_unlink_file", "e/\(name)") == .success) }
        #expect(guest.callPath("path_remove_directory", "e") == .success)
        #expect(try Self.count(preopen).named == 0)
    }

    @Test("A file with two names counts once, and as long as it has one") func names() throws {
        #expect(write(5_000, to: try open("a"), at: 0) == .success)
        #expect(guest.link("a", "b") == .success)
        #expect(try count() == 5_000 + 2 * Self.nameCost)
        // Neither name goes.
        #expect(guest.rename("a", "b") == .success)
        #expect(try count() == 5_000 + 2 * Self.nameCost)
        #expect(guest.callPath("path_unlink_file", "a") == .success)
        #expect(try count() == 5_000 + Self.nameCost)
        #expect(throws: Never.self) { try open("c") }
        #expect(guest.rename("c", "b") == .success)
        #expect(try Self.count(preopen) == .init(named: Self.nameCost, nameless: 5_000))
    }

    @Test("A file without a name takes its room until all have closed it", arguments: [true, false])
    func nameless(isReadByAnother: Bool) throws {
        let file = try open("a")
        #expect(write(8_000, to: file, at: 0) == .success)
        // As in another process.
        let other = Guest(Self.preopen(at: directory.path))
        let opened = isReadByAnother ? try other.open("a") : nil
        #expect(other.callPath("path_unlink_file", "a") == .success)
        #expect(try Self.count(preopen) == .init(named: 0, nameless: 8_000))
        #expect(write(8_000, to: try open("b"), at: 0) == .noSpace)
        #expect(write(1_000, to: file, at: 8_000) == .success)
        #expect(write(1_000, to: file, at: 9_000) == .noSpace)
        #expect(guest.call("fd_close", file) == .success)
        if let opened {
            #expect(write(8_000, to: try open("b"), at: 0) == .noSpace)
            #expect(other.call("fd_close", opened) == .success)
        }
        #expect(try Self.count(preopen) == .init(named: Self.nameCost))
        #expect(write(8_000, to: try open("b"), at: 0) == .success)
    }

    @Test("Nothing is moved or linked to another directory without being counted there") func acrossDirectories() throws
    {
        let other = try TemporaryDirectory()
        try other.write("x", to: "outside")
        let guest = Guest(
            WASIConfiguration(preopens: [
                preopen, Preopen(hostPath: other.path, guestPath: "/other", access: .readWrite),
            ]))
        #expect(guest.rename("outside", "a", from: 4, to: 3) == .crossDeviceLink)
        #expect(guest.link("outside", "a", from: 4, to: 3) == .crossDeviceLink)
    }

    @Test("Who begins finds what is there, and who ends leaves no file of the count") func begin() throws {
        try directory.write(String(repeating: "x", count: 20_000), to: "d/large")
        let files = { try FileManager.default.contentsOfDirectory(atPath: "/dev/shm") }
        let inode = try #require(Platform.FileStatus(path: directory.path)?.id.inode)
        let isCounted = { try files().contains { $0.hasSuffix("-\(inode)") } }
        do {
            let guest = Guest(Self.preopen(at: directory.path))
            #expect(throws: ErrorNumber.noSpace) { try guest.open("a", flags: .create, rights: .write) }
            #expect(try isCounted())
            #expect(guest.callPath("path_unlink_file", "d/large") == .success)
            #expect(throws: Never.self) { try guest.open("a", flags: .create, rights: .write) }
        }
        #expect(try !isCounted())
    }

    @Test("What others remove makes room, and what they add takes it") func changesOfOthers() throws {
        #expect(write(9_000, to: try open("a"), at: 0) == .success)
        #expect(write(9_000, to: try open("a"), at: 9_000) == .noSpace)
        try FileManager.default.removeItem(atPath: directory.path + "/a")
        try directory.write("", to: "b")
        var file: UInt64?
        #expect(
            eventually {
                file = try? open("c")
                return file != nil
            })
        #expect(write(8_000, to: try #require(file), at: 0) == .success)
        #expect(try count() == 8_000 + 2 * Self.nameCost)
    }

    @Test("Guests of two processes that write, cut, rename and remove at once never go beyond the limit")
    func concurrency() throws {
        let seed = UInt64.random(in: 0 ... .max)
        let preopens = [preopen, Self.preopen(at: directory.path)]
        let failures = Mutex<[String]>([])
        let refusals = Atomic(0)
        let group = DispatchGroup()
        for index in 0..<8 {
            group.enter()
            Thread {
                defer { group.leave() }
                var random = SeededGenerator(seed: seed &+ UInt64(index))
                let guest = Guest(preopens[index % 2])
                var files: [UInt64] = []
                for _ in 0..<600 {
                    let name = "f\(Int.random(in: 0..<6, using: &random))"
                    var result = ErrorNumber.success
                    switch Int.random(in: 0..<9, using: &random) {
                    case 0...2:
                        let flags: OpenFlags = Bool.random(using: &random) ? .create : [.create, .truncate]
                        do throws(ErrorNumber) {
                            files.append(
                                try guest.open(
                                    name, flags: flags, descriptorFlags: Bool.random(using: &random) ? .append : [],
                                    rights: Self.rights))
                        } catch { result = error }
                    case 3: result = guest.callPath("path_unlink_file", name)
                    case 4: result = guest.rename(name, "f\(Int.random(in: 0..<6, using: &random))")
                    case 5: result = guest.link(name, "f\(Int.random(in: 0..<6, using: &random))")
                    default:
                        guard let file = files.randomElement(using: &random) else { continue }
                        let length = UInt64.random(in: 0..<6_000, using: &random)
                        switch Int.random(in: 0..<6, using: &random) {
                        case 0: result = guest.call("fd_filestat_set_size", file, length)
                        case 1: result = guest.call("fd_allocate", file, length, 300)
                        case 2:
                            result = guest.call("fd_close", file)
                            files.removeAll { $0 == file }
                        default:
                            guest.putBuffers([(16_384, UInt32(length))], at: 512)
                            result = guest.call(
                                "fd_pwrite", file, 512, 1, UInt64.random(in: 0..<4_000, using: &random), 16)
                        }
                    }
                    if result == .noSpace { refusals.add(1, ordering: .relaxed) }
                    guard [.success, .noSpace, .noEntry, .fileExists].contains(result) else {
                        failures.withLock { $0.append("\(result)") }
                        continue
                    }
                    do {
                        let count = try Self.count(preopens[index % 2])
                        guard count.total > Int64(Self.limit) || count.nameless < 0 else { continue }
                        failures.withLock { $0.append("\(count)") }
                    } catch { failures.withLock { $0.append("\(error)") } }
                }
            }.start()
        }
        #expect(group.wait(timeout: .now() + 120) == .success)
        #expect(failures.withLock { $0 } == [], "seed \(seed)")
        #expect(refusals.load(ordering: .relaxed) > 100)
        let usage = DirectoryUsage(of: directory.path)
        for preopen in preopens { #expect(try Self.count(preopen) == .init(named: usage.cost), "seed \(seed)") }
    }
}
