import Foundation
import Synchronization
import TestSupport
import Testing

@testable import WAGI

@Suite("What modules log")
struct GuestLogTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
        /// What time it is for the log.
        let seconds = Mutex(0)
        var texts: [String] { all.withLock { $0 } }
    }

    private func log(limit: Int = 10 << 20) throws -> (RouteLog, Lines, TemporaryDirectory) {
        let directory = try TemporaryDirectory()
        let lines = Lines()
        let start = ContinuousClock.now
        let log = RouteLog(
            route: "/a", directory: directory.path, limit: limit,
            now: { start + .seconds(lines.seconds.withLock { $0 }) }
        ) { line in
            lines.all.withLock { $0.append(line.text) }
        }
        return (log, lines, directory)
    }

    private func write(_ text: String, to output: GuestErrorOutput) {
        Array(text.utf8).withUnsafeBytes { output.write($0) }
    }

    @Test("a long line is cut, and says how much is missing, however it comes")
    func longLine() throws {
        let (log, lines, directory) = try log()
        defer { withExtendedLifetime(directory) {} }
        let output = GuestErrorOutput(log, requestID: 1)
        write("short\n" + String(repeating: "a", count: 5_000_000), to: output)
        for _ in 0..<100 { write(String(repeating: "b", count: 1000), to: output) }
        write("\nafter\nwithout an end", to: output)
        output.flush()
        #expect(lines.texts.map(\.utf8.count).max()! < 9000)
        #expect(lines.texts.count == 4)
        #expect(lines.texts[0] == "short" && lines.texts[2] == "after" && lines.texts[3] == "without an end")
        #expect(lines.texts[1].hasSuffix("a … \(5_100_000 - 8192) bytes more"))
        #expect(output.end.byteCount == 5_100_000 + 27)
    }

    @Test("a flood is left out, and told")
    func flood() throws {
        let (log, lines, directory) = try log()
        defer { withExtendedLifetime(directory) {} }
        let output = GuestErrorOutput(log, requestID: 1)
        let line = String(repeating: "a", count: 1023) + "\n"
        let many = String(repeating: line, count: 1000)
        for _ in 0..<3 { write(many, to: output) }
        #expect(lines.texts.count <= 1024 && lines.texts.count > 900)
        log.append("the server's own line", requestID: 1)
        #expect(lines.texts.last == "the server's own line")
        lines.seconds.withLock { $0 += 1 }
        write("again\n", to: output)
        let notices = lines.texts.filter { $0.hasSuffix("were left out: a handler may log 1 MiB a second") }
        #expect(notices.count == 1)
        #expect(lines.texts.last == "again")
    }

    @Test("a file that is full becomes the older one")
    func files() throws {
        let (log, _, directory) = try log(limit: 10_000)
        let output = GuestErrorOutput(log, requestID: 1)
        for number in 0..<50 { write("\(number) " + String(repeating: "a", count: 997) + "\n", to: output) }
        let path = try #require(
            FileManager.default.enumerator(atPath: directory.path)?.compactMap { $0 as? String }
                .first { $0.hasSuffix("module.stderr") })
        for name in [path, path + ".1"] {
            let size = try FileManager.default.attributesOfItem(atPath: "\(directory.path)/\(name)")[.size] as? Int
            #expect((1...10_000).contains(size ?? 0))
        }
    }
}
