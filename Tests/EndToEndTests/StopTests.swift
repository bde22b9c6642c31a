import Foundation
import Glibc
import SandboxProtocol
import TestSupport
import Testing

/// A stop overtakes everything, and a second one everything that the first waits for.
///
/// On a machine that is idle, `up` ends within 200 ms; these tests allow for a busy one. What they hold off took a minute.
@Suite(.timeLimit(.minutes(15)))
struct StopTests {
    private static let patience = Duration.seconds(10)

    /// Sends a signal, and expects the end soon. Does not let other tests run meanwhile, which would be measured, too.
    private func expectEnd(_ sandbox: SandboxProcess, by signal: Int32 = SIGINT, status: Int32 = 0) async throws {
        #expect(Self.timeToEnd(sandbox.id, by: signal) < Self.patience)
        #expect(try await sandbox.waitForEnd() == status)
    }

    private static func timeToEnd(_ id: pid_t, by signal: Int32) -> Duration {
        let began = ContinuousClock.now
        kill(id, signal)
        while ContinuousClock.now - began < patience {
            let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
            if text.map({ $0.contains(") Z ") }) ?? true { break }
            usleep(1000)
        }
        return ContinuousClock.now - began
    }

    @Test("while much is taken in", arguments: [SIGINT, SIGTERM])
    func takingIn(signal: Int32) async throws {
        let app = try SmallApp()
        // As good as any content, and takes no room.
        let file = app.path + "/assets/large.bin"
        try #require(FileManager.default.createFile(atPath: file, contents: nil))
        truncate(file, 3 << 30)
        let sandbox = try SandboxProcess(app.path, ["--ephemeral"])
        let deadline = ContinuousClock.now + SandboxProcess.patience
        while sandbox.descendants().isEmpty, .now < deadline { try await Task.sleep(for: .milliseconds(2)) }
        try await Task.sleep(for: .milliseconds(200))
        try await expectEnd(sandbox, by: signal)
    }

    @Test("while a build floods its output, and no more of it is kept than can be shown")
    func floods() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path, ["--build", "yes 'a line that goes on and on and on and on'"])
        try await sandbox.next("log") { $0["source"]?.string == "build" }
        try await Task.sleep(for: .milliseconds(500))
        let text = try String(contentsOfFile: "/proc/\(sandbox.id)/status", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        let kilobytes = try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
        #expect(kilobytes < 200_000)
        try await expectEnd(sandbox)
    }

    @Test("while a build runs that does not want to end")
    func stubbornBuilds() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path, ["--build", "trap '' INT TERM HUP; touch .started; sleep 1000"])
        let deadline = ContinuousClock.now + SandboxProcess.patience
        while !FileManager.default.fileExists(atPath: app.path + "/.started"), .now < deadline {
            try await Task.sleep(for: .milliseconds(2))
        }
        let processes = sandbox.descendants()
        try await expectEnd(sandbox)
        try await SandboxProcess.waitForDeath(of: processes)
    }

    /// An app whose handler takes as long as it may.
    private func slowApp() throws -> SmallApp {
        let app = try SmallApp()
        // It tells when it has begun.
        try app.save(
            """
            (module
              (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 0) "\\08\\00\\00\\00\\06\\00\\00\\00begun\\n")
              (func (export "_start")
                (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 32)))
                (loop (br 0))))
            """, to: "loop.wat")
        try app.writeHippofacts(extra: "[[handler]]\nname = \"loop.wat\"\nroute = \"/loop\"")
        return app
    }

    @Test(
        "requests that are under way get two seconds, and a second signal ends even that",
        arguments: [
            (SIGINT, Int32(130)), (SIGTERM, Int32(143)),
        ])
    func secondSignals(signal: Int32, status: Int32) async throws {
        let app = try slowApp()
        // However late this test goes on, the request is under way.
        let sandbox = try SandboxProcess(app.path, ["--timeout", "10min"])
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        Thread.detachNewThread { _ = try? get(url + "loop") }
        try await sandbox.next("log") { $0["text"]?.string?.contains("begun") == true }
        kill(sandbox.id, signal)
        // Signals of the same kind are one if they come together.
        usleep(300_000)
        #expect(sandbox.isRunning)
        kill(sandbox.id, signal)
        #expect(try await sandbox.waitForEnd() == status)
    }

    @Test("a signal that a parent passes on as well, as npm and timeout do, is one") func repeatedSignals() async throws
    {
        let app = try slowApp()
        let sandbox = try SandboxProcess(app.path)
        try await sandbox.next("ready")
        // Of different kinds, so that the system does not make one of them.
        for signal in [SIGINT, SIGTERM, SIGHUP] { kill(sandbox.id, signal) }
        #expect(try await sandbox.waitForEnd() == 0)
    }

    @Test("wagi answers what is under way before it ends, and ends at once at a second signal")
    func wagi() async throws {
        let app = try slowApp()
        try app.directory.write(
            "[[module]]\nroute = \"/loop\"\nmodule = \"\(app.path)/loop.wat\"\n", to: "modules.toml")
        for isHurried in [false, true] {
            let process = try TextProcess(
                Program.path,
                [
                    "wagi", "-c", app.path + "/modules.toml", "--listen", "127.0.0.1:0", "--timeout",
                    isHurried ? "10min" : "1500ms",
                ])
            let line = try await process.next(containing: "Serving at ")
            let url = try #require(line.split(separator: " ").last.map(String.init))
            let answers = AsyncStream.makeStream(of: Int?.self)
            Thread.detachNewThread {
                answers.continuation.yield(try? get(url + "loop").status)
                answers.continuation.finish()
            }
            _ = try await process.next(containing: "begun")
            kill(process.id, SIGTERM)
            if isHurried {
                // Signals of the same kind are one if they come together.
                usleep(300_000)
                kill(process.id, SIGTERM)
                #expect(try await process.waitForEnd() == 143)
            } else {
                for await status in answers.stream {
                    #expect(status == 500 || status == 504, "\(status.map(String.init) ?? "no response")")
                }
                #expect(try await process.waitForEnd() == 0)
            }
        }
    }

    @Test("bindle serve waits for uploads that are under way, but no longer than --timeout")
    func bindleServe() async throws {
        let directory = try TemporaryDirectory()
        let process = try TextProcess(
            Program.path,
            ["bindle", "serve", "--listen", "127.0.0.1:0", "--store", directory.path + "/store", "--timeout", "300ms"])
        let line = try await process.next(containing: "Serving the bindles")
        let port = try #require(line.split(separator: ":").last.flatMap { UInt16($0.prefix { $0.isNumber }) })
        let connection = try #require(Self.connect(port))
        defer { close(connection) }
        // A body that never comes to its end.
        let head =
            "POST /v1/_i HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/toml\r\nContent-Length: 100\r\n\r\nx"
        _ = head.withCString { send(connection, $0, strlen($0), 0) }
        usleep(100_000)
        #expect(Self.timeToEnd(process.id, by: SIGTERM) < Self.patience)
        #expect(try await process.waitForEnd() == 0)
    }

    /// A connection to a port of this machine.
    private static func connect(_ port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return result == 0 ? descriptor : nil
    }

    @Test("a process that gives no sign of life while it loads is killed, replaced and told of")
    func stuckProcesses() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        // All but the one that serves: the process that stands by is the younger one.
        let deadline = ContinuousClock.now + SandboxProcess.patience
        while sandbox.descendants().count < 2, .now < deadline { try await Task.sleep(for: .milliseconds(2)) }
        let standby = try #require(sandbox.descendants().max())
        kill(standby, SIGSTOP)
        try app.save("page 2", to: "assets/index.html")
        try await sandbox.next("log") { $0["text"]?.string?.contains("no sign of life") == true }
        try await sandbox.next("serving")
        #expect(try get(url + "assets/index.html").body == "page 2")
        try await SandboxProcess.waitForDeath(of: [standby])
    }
}
