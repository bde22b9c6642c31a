import Foundation
import HTTP
import SandboxProtocol
import Synchronization
import TestSupport
import Testing

/// The log of a sandbox: no request is missing in it, whatever becomes of the process that answered it, and no handler
/// makes it useless.
struct RequestLogTests {
    /// Asks for one target after the other, and remembers which were answered.
    private final class Asker: Sendable {
        private let answered = Mutex<[String]>([])
        private let client: Client
        let repeats: Bool
        var targets: [String] { answered.withLock { $0 } }

        /// - Parameter repeats: whether it keeps its connection alive, and so sends a request once more whose connection is
        ///   cut before the answer: the dying process and the next one have both been asked then.
        init(repeats: Bool) {
            self.repeats = repeats
            var configuration = ClientConfiguration()
            configuration.maximumIdlePerHost = repeats ? 1 : 0
            client = Client(configuration: configuration)
        }

        /// Asks until it is told to end. Requests on connections that are cut count as not answered.
        func ask(_ app: String, _ name: String, until isOver: @escaping @Sendable () -> Bool) {
            var number = 0
            while !isOver() {
                number += 1
                // A file, a module, and what neither has.
                let path = ["style.css", "hello", "nothing"][number % 3]
                let target = "/\(path)?\(name)-\(number)"
                guard let response = try? client.send(ClientRequest(.get, HTTPURL(app + target.dropFirst()))),
                    (try? response.readAll(limit: 1 << 20)) != nil
                else { continue }
                answered.withLock { $0.append(target) }
            }
        }
    }

    @Test("Every request that was answered is in the log, though the process that answered it is killed")
    func killedProcess() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        var generator = SeededGenerator()
        var answered: [String] = []
        for round in 0..<8 {
            let askers = (0..<4).map { Asker(repeats: $0 < 2) }
            let isOver = Atomic(false)
            let threads = DispatchGroup()
            for (index, asker) in askers.enumerated() {
                threads.enter()
                Thread {
                    asker.ask(url, "\(asker.repeats ? "kept" : "once")-\(round)-\(index)") {
                        isOver.load(ordering: .relaxed)
                    }
                    threads.leave()
                }.start()
            }
            #expect(eventually { askers.allSatisfy { $0.targets.count > 20 } })
            usleep(.random(in: 0...20_000, using: &generator))
            for process in sandbox.descendants() { kill(process, SIGKILL) }
            isOver.store(true, ordering: .relaxed)
            threads.wait()
            answered += askers.flatMap(\.targets)
            try await sandbox.next("log") { $0["text"]?.string?.hasPrefix("The WAGI process ended") == true }
        }
        var missing = Set(answered)
        _ = eventually {
            missing.subtract(sandbox.events("request").compactMap { $0["path"]?.string })
            return missing.isEmpty
        }
        #expect(missing.isEmpty, "\(missing.count) of \(answered.count) are missing")
        // Those that a dying process had begun are told once. Only a request that was sent once can tell.
        let paths = sandbox.events("request").compactMap { $0["path"]?.string }.filter { $0.contains("?once-") }
        #expect(!paths.isEmpty)
        #expect(Set(paths).count == paths.count)
        print("\(answered.count) requests were answered")
    }

    @Test("A request's lines of the log come before the request itself")
    func order() async throws {
        let app = try SmallApp()
        try app.save(Self.handler(lines: "one\\0atwo\\0a", isEndless: false), to: "hello.wat")
        let sandbox = try SandboxProcess(app.path)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        for number in 1...20 {
            _ = try get(url + "hello")
            try await sandbox.next("log") { $0["text"]?.string == "[\(number)] one" }
            try await sandbox.next("log") { $0["text"]?.string == "[\(number)] two" }
            try await sandbox.next("request") { $0["number"]?.integer == number }
        }
    }

    @Test("A handler that floods the log ends in time, disturbs nobody, and is cut short")
    func flood() async throws {
        let app = try SmallApp()
        // Lines of 12,000 bytes. Some are control characters.
        try app.save(Self.handler(lines: "", isEndless: true), to: "flood.wat")
        try app.writeHippofacts(extra: "\n[[handler]]\nname = \"flood.wat\"\nroute = \"/flood\"\n")
        let logs = try TemporaryDirectory()
        let sandbox = try SandboxProcess(
            app.path, ["--timeout", "3s", "--log-dir", logs.path, "--log-limit", "1MiB"])
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        let start = ContinuousClock.now
        let ended = Mutex<(Answer?, Duration)?>(nil)
        let flood = Thread { [url] in
            let answer = try? get(url + "flood")
            ended.withLock { $0 = (answer, ContinuousClock.now - start) }
        }
        flood.start()
        var count = 0
        while ended.withLock({ $0 == nil }) {
            #expect(try get(url + "hello").body == "hello 1")
            count += 1
            usleep(10_000)
        }
        let (answer, time) = try #require(ended.withLock { $0 })
        #expect(answer?.status == 500)
        #expect(time >= .seconds(3) && time < .seconds(15), "\(time)")
        #expect(count > 20)
        // The request is in the log, and what was left out is told.
        try await sandbox.next("request") { $0["path"]?.string == "/flood" }
        let lines = sandbox.events("log").compactMap { $0["text"]?.string }
        #expect(lines.contains { $0.contains("were left out: a handler may log 1 MiB a second") })
        #expect(lines.allSatisfy { $0.utf8.count < 9000 })
        // What it may log at once, and what it may in the time.
        let bytes = lines.reduce(0) { $0 + $1.utf8.count }
        #expect(bytes > 1 << 20 && Double(bytes) < (2.5 + time.seconds) * Double(1 << 20), "\(bytes) bytes")
        let files = try #require(FileManager.default.enumerator(atPath: logs.path)).compactMap { $0 as? String }
        #expect(files.contains { $0.hasSuffix("module.stderr.1") })
        for file in files where file.contains("module.stderr") {
            let size = try FileManager.default.attributesOfItem(atPath: "\(logs.path)/\(file)")[.size] as? Int
            #expect(size ?? 0 <= 1 << 20, "\(file)")
        }
        #expect(sandbox.events("log").allSatisfy { $0["text"]?.string?.hasPrefix("The WAGI process") != true })
        print("\(count) other requests, \(bytes) bytes of lines, \(time)")
    }

    @Test("A line of 5 MB, and 800 KB of control characters, go into the log as far as a line may")
    func longLine() async throws {
        let app = try SmallApp()
        try app.save(
            """
            (module
              (import "wasi_snapshot_preview1" "fd_write"
                (func $fd_write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 100)
              (data (i32.const 16) "status: 200\\n\\nok")
              (func $write (param $descriptor i32) (param $start i32) (param $length i32)
                (i32.store (i32.const 0) (local.get $start))
                (i32.store (i32.const 4) (local.get $length))
                (drop (call $fd_write (local.get $descriptor) (i32.const 0) (i32.const 1) (i32.const 8))))
              (func (export "_start")
                (memory.fill (i32.const 4096) (i32.const 97) (i32.const 5000000))
                (i32.store8 (i32.const 5004095) (i32.const 10))
                (call $write (i32.const 2) (i32.const 4096) (i32.const 5000000))
                (memory.fill (i32.const 4096) (i32.const 27) (i32.const 800000))
                (call $write (i32.const 2) (i32.const 4096) (i32.const 800000))
                (call $write (i32.const 1) (i32.const 16) (i32.const 15))))
            """, to: "hello.wat")
        let sandbox = try SandboxProcess(app.path)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        let processes = sandbox.descendants()
        for _ in 0..<3 { #expect(try get(url + "hello") == Answer(status: 200, body: "ok")) }
        try await sandbox.next("request") { $0["number"]?.integer == 3 }
        let lines = sandbox.events("log").compactMap { $0["text"]?.string }
        #expect(lines.count { $0.hasPrefix("[") && $0.hasSuffix("a … 4991807 bytes more") } == 3)
        #expect(lines.count { $0.hasSuffix("\u{1B} … 791808 bytes more") } == 3)
        #expect(Set(processes).isSubset(of: sandbox.descendants()))
    }

    /// A handler that writes to its standard error, and answers; or that writes lines of 12,000 bytes and never ends.
    private static func handler(lines: String, isEndless: Bool) -> String {
        let length = lines.replacing("\\0a", with: "\n").utf8.count
        let endless = """
            (memory.fill (i32.const 4096) (i32.const 97) (i32.const 12000))
            (i32.store8 (i32.const 16095) (i32.const 10))
            (i32.store8 (i32.const 4100) (i32.const 27))
            (loop $again
              (call $write (i32.const 2) (i32.const 4096) (i32.const 12000))
              (br $again))
            """
        return """
            (module
              (import "wasi_snapshot_preview1" "fd_write"
                (func $fd_write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 16) "status: 200\\0a\\0aok")
              (data (i32.const 64) "\(lines)")
              (func $write (param $descriptor i32) (param $start i32) (param $length i32)
                (i32.store (i32.const 0) (local.get $start))
                (i32.store (i32.const 4) (local.get $length))
                (drop (call $fd_write (local.get $descriptor) (i32.const 0) (i32.const 1) (i32.const 8))))
              (func (export "_start")
                \(isEndless ? endless : "(call $write (i32.const 2) (i32.const 64) (i32.const \(length)))")
                (call $write (i32.const 1) (i32.const 16) (i32.const 15))))
            """
    }
}
