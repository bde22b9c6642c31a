import Foundation
import Synchronization
import Testing

@testable import WASI

/// Guests on several threads with one layer, and with one directory of the host.
@Suite struct LayerConcurrencyTests {
    /// Calls `body` on so many threads at once, each with a guest of its own, and waits for all.
    private static func together(
        _ count: Int, _ preopen: Preopen, _ body: @escaping @Sendable (Guest, Int) throws -> Void
    ) throws {
        let failures = Mutex<[String]>([])
        let group = DispatchGroup()
        for index in 0..<count {
            group.enter()
            Thread {
                do { try body(Guest(preopen), index) } catch { failures.withLock { $0.append("\(error)") } }
                group.leave()
            }.start()
        }
        #expect(group.wait(timeout: .now() + 60) == .success)
        #expect(failures.withLock { $0 } == [])
    }

    private let content: ContentFixture
    private let layer: TransientLayer

    init() throws {
        content = try ContentFixture(["log": "begin\n", "d/file": "x", "target": "0"])
        layer = content.layer()
    }

    private var preopen: Preopen { Preopen(layer: layer, guestPath: "/") }

    @Test("what several threads append is whole, and nothing is lost")
    func appending() throws {
        try Self.together(8, preopen) { guest, index in
            let file = try guest.open("log", flags: .create, descriptorFlags: .append, rights: .write)
            for line in 0..<200 {
                let text = "\(index):\(line):" + String(repeating: "\(index)", count: 90) + "\n"
                #expect(try guest.write(text, to: file) == text.utf8.count)
            }
        }
        let lines = try Guest(preopen).text(of: "log").split(separator: "\n")
        #expect(lines.count == 1 + 8 * 200)
        #expect(lines[0] == "begin")
        var next = [Int](repeating: 0, count: 8)
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":")
            try #require(parts.count == 3, "\(line)")
            let index = try #require(Int(parts[0]))
            #expect(Int(parts[1]) == next[index])
            next[index] += 1
            #expect(parts[2].count == 90 && parts[2].allSatisfy { String($0) == String(index) })
        }
    }

    @Test("of several that create a file exclusively one does")
    func exclusiveCreation() throws {
        let winners = Mutex<[String: Int]>([:])
        try Self.together(8, preopen) { guest, index in
            for round in 0..<200 {
                let name = "lock\(round)"
                do throws(ErrorNumber) {
                    let file = try guest.open(name, flags: [.create, .exclusive], rights: .write)
                    #expect(try guest.write("\(index)", to: file) == 1)
                    #expect(guest.call("fd_close", file) == .success)
                    winners.withLock { $0[name, default: 0] += 1 }
                } catch {
                    #expect(error == .fileExists)
                }
            }
        }
        #expect(winners.withLock { $0.count == 200 && $0.values.allSatisfy { $0 == 1 } })
    }

    @Test("a name that is replaced by renaming is always there, with one whole content or the other")
    func replacing() throws {
        let isDone = Atomic<Bool>(false)
        try Self.together(4, preopen) { guest, index in
            if index < 2 {
                for round in 0..<300 {
                    try guest.put(String(repeating: "\(index)", count: 5_000), in: "new\(index)")
                    #expect(guest.rename("new\(index)", "target") == .success, "\(round)")
                }
                isDone.store(true, ordering: .relaxed)
            } else {
                while !isDone.load(ordering: .relaxed) {
                    let text = try guest.text(of: "target")
                    #expect(text == "0" || (text.count == 5_000 && Set(text).count == 1))
                }
            }
        }
    }

    @Test("two directories are moved into each other at once and none is lost")
    func crossedRenames() throws {
        try Self.together(4, preopen) { guest, index in
            _ = guest.callPath("path_create_directory", "x")
            _ = guest.callPath("path_create_directory", "y")
            for _ in 0..<500 {
                _ = index % 2 == 0 ? guest.rename("x", "y/x") : guest.rename("y", "x/y")
                _ = index % 2 == 0 ? guest.rename("y/x", "x") : guest.rename("x/y", "y")
            }
        }
        let guest = Guest(preopen)
        let count = ["x", "y"].filter { guest.status($0) == .success }.count
        #expect(count >= 1)
        #expect(guest.status("x/y") == .success || guest.status("y/x") == .success || count == 2)
    }

    /// What each thread does is decided by a generator, whose seed is told.
    @Test("many threads doing anything leave a layer that is whole, and that is empty when all is removed")
    func anything() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        try Self.together(6, preopen) { guest, index in
            var state = seed &+ UInt64(index)
            func random(_ bound: Int) -> Int {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(state >> 33) % bound
            }
            let names = ["a", "b", "c", "a/x", "a/y", "b/x", "c/x/y", "d", "d/file", "log", "target"]
            for _ in 0..<1_500 {
                let (one, two) = (names[random(names.count)], names[random(names.count)])
                switch random(9) {
                case 0: _ = try? guest.put(String(repeating: "t", count: random(9_000)), in: one)
                case 1: _ = guest.callPath("path_unlink_file", one)
                case 2: _ = guest.callPath("path_create_directory", one)
                case 3: _ = guest.callPath("path_remove_directory", one)
                case 4: _ = guest.rename(one, two)
                case 5: _ = guest.link(one, two)
                case 6: _ = try? guest.text(of: one)
                case 7: _ = guest.symbolicLink(to: two.contains("/") ? "a" : two, at: one)
                default:
                    guard let directory = try? guest.open(one, flags: .directory) else { continue }
                    _ = try? guest.list(directory, bufferLength: 60)
                    #expect(guest.call("fd_close", directory) == .success)
                }
            }
        }
        // Everything can be removed again, deepest first.
        let guest = Guest(preopen)
        func empty(_ path: String) throws {
            let directory = try guest.open(path, follow: false, flags: .directory)
            let entries = try guest.list(directory).filter { $0.name != "." && $0.name != ".." }
            #expect(guest.call("fd_close", directory) == .success)
            for entry in entries {
                let inner = path == "." ? entry.name : "\(path)/\(entry.name)"
                if entry.type == FileType.directory.rawValue {
                    try empty(inner)
                    #expect(guest.callPath("path_remove_directory", inner) == .success, "\(inner), seed \(seed)")
                } else {
                    #expect(guest.callPath("path_unlink_file", inner) == .success, "\(inner), seed \(seed)")
                }
            }
        }
        try empty(".")
        #expect(try guest.list().count == 2, "seed \(seed)")
        #expect(layer.usedBytes == 0, "nothing is counted that is not there, seed \(seed)")
        #expect(layer.lock.locked { layer.nodes.count } == 1, "seed \(seed)")
    }
}
