import Foundation
import SandboxProtocol
import Synchronization
import TestSupport
import Testing

/// `hippo-dev up`, from the save of a file to the answer of a request.
@Suite(.timeLimit(.minutes(15)))
struct UpTests {
    /// A small app that is up.
    struct Scene {
        let app: SmallApp
        let sandbox: SandboxProcess
        let url: String
        let bindleURL: String

        init(_ app: SmallApp, _ arguments: [String] = []) async throws {
            self.app = app
            sandbox = try SandboxProcess(app.path, arguments)
            let ready = try await sandbox.next("ready")
            url = ready["app"]?.string ?? ""
            bindleURL = ready["bindle"]?.string ?? ""
            #expect(ready["id"]?.string == "small/1.2.3")
            #expect(ready["revision"]?.integer == 1)
        }

        /// Asks again and again until the answer is as expected.
        func wait(for body: String, at path: String) async throws {
            let deadline = ContinuousClock.now + SandboxProcess.patience
            var answer: Answer?
            repeat {
                if answer != nil { try await Task.sleep(for: .milliseconds(1)) }
                answer = try get(url + path)
                if answer == Answer(status: 200, body: body) { return }
            } while ContinuousClock.now < deadline
            throw SandboxProcess.Timeout(
                expectation: "'\(body)' at \(path), but \(String(describing: answer))",
                events: sandbox.events("failed"),
                errors: sandbox.errors)
        }
    }

    /// Requests without end, until it is told to stop.
    final class Load: Sendable {
        private struct State {
            var failures: [String] = []
            var count = 0
            var isStopped = false
        }

        private let state = Mutex(State())
        private let finished = DispatchSemaphore(value: 0)

        init(_ urls: [String]) {
            Thread { [self] in
                while !state.withLock({ $0.isStopped }) {
                    for url in urls {
                        do {
                            let answer = try get(url)
                            state.withLock { state in
                                state.count += 1
                                if answer.status != 200 { state.failures.append("\(url): \(answer)") }
                            }
                        } catch {
                            state.withLock { $0.failures.append("\(url): \(error)") }
                        }
                    }
                }
                finished.signal()
            }.start()
        }

        /// Stops, and gives the number of requests and what went wrong.
        func stop() -> (count: Int, failures: [String]) {
            state.withLock { $0.isStopped = true }
            finished.wait()
            return state.withLock { ($0.count, $0.failures) }
        }
    }

    @Test("Edits are served without a failed request") func editsAreServedWithoutAFailedRequest() async throws {
        let scene = try await Scene(SmallApp())
        let load = Load([scene.url + "hello", scene.url + "assets/index.html"])

        try scene.app.save("<h1>page 2</h1>", to: "assets/index.html")
        try await scene.wait(for: "<h1>page 2</h1>", at: "assets/index.html")
        try scene.app.writeHandler("hello 2")
        try await scene.wait(for: "hello 2", at: "hello")
        try scene.app.writeHippofacts(extra: "[[handler]]\nname = \"hello.wat\"\nroute = \"/other\"")
        try await scene.wait(for: "hello 2", at: "other")
        try scene.app.save("new", to: "assets/new.txt")
        try await scene.wait(for: "new", at: "assets/new.txt")

        let (count, failures) = load.stop()
        #expect(failures == [])
        #expect(count > 0)
        let revisions = scene.sandbox.events("serving").compactMap { $0["revision"]?.integer }
        #expect(revisions == revisions.sorted())
        #expect(scene.sandbox.events("rebuilding").first?["changed"] == .array([.string("assets/index.html")]))
    }

    @Test("A broken HIPPOFACTS leaves what serves and names the line")
    func aBrokenHippofactsLeavesWhatServesAndNamesTheLine() async throws {
        let scene = try await Scene(SmallApp())
        try scene.app.writeHippofacts(extra: "rout = \"/x\"")
        let failed = try await scene.sandbox.next("failed")
        #expect(failed["stage"]?.string == "assemble")
        #expect(failed["file"]?.string == "HIPPOFACTS")
        #expect(failed["line"]?.integer == 9)
        #expect(failed["column"]?.integer == 1)
        #expect(try get(scene.url + "hello") == Answer(status: 200, body: "hello 1"))

        try scene.app.writeHippofacts(extra: "[annotations]\nmended = \"yes\"")
        try await scene.sandbox.next("serving")
        #expect(try get(scene.url + "hello") == Answer(status: 200, body: "hello 1"))
    }

    @Test("A broken module leaves what serves and names the line") func aBrokenModuleLeavesWhatServesAndNamesTheLine()
        async throws
    {
        let scene = try await Scene(SmallApp())
        try scene.app.save("(module\n  (func (export \"_start\") i32.bogus))", to: "hello.wat")
        let failed = try await scene.sandbox.next("failed")
        #expect(failed["file"]?.string == "hello.wat")
        #expect(failed["line"]?.integer == 2)
        #expect(try get(scene.url + "hello").body == "hello 1")

        try scene.app.save("(module\n  (func (export \"_start\")\n    drop))", to: "hello.wat")
        let invalid = try await scene.sandbox.next("failed")
        #expect(invalid["file"]?.string == "hello.wat")
        #expect(invalid["line"]?.integer == 3)
        #expect(try get(scene.url + "hello").body == "hello 1")

        try scene.app.writeHandler("hello 2")
        try await scene.wait(for: "hello 2", at: "hello")
    }

    @Test("a module that is written in place, and slowly, gives no failure and no half version")
    func slowWriters() async throws {
        let scene = try await Scene(SmallApp())
        let text = Array(SmallApp.handler(answering: "hello 2").utf8)
        let descriptor = open(scene.app.path + "/hello.wat", O_WRONLY | O_TRUNC)
        try #require(descriptor >= 0)
        let began = ContinuousClock.now
        for part in 0..<4 {
            let bytes = text[(text.count * part / 4)..<(text.count * (part + 1) / 4)]
            _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            // Longer than the watcher waits for a file that is being written.
            try await Task.sleep(for: .milliseconds(200))
            // What is whole is served, whether it is still open or not.
            if part < 3 { #expect(try get(scene.url + "hello").body == "hello 1") }
        }
        close(descriptor)
        // A failure is held back for five seconds at most: on a machine that took longer to write, it may have been told.
        let isWithinPatience = ContinuousClock.now - began < .seconds(4)
        try await scene.wait(for: "hello 2", at: "hello")
        if isWithinPatience { #expect(scene.sandbox.events("failed").isEmpty) }
    }

    @Test("A module may be deleted and restored") func aModuleMayBeDeletedAndRestored() async throws {
        let scene = try await Scene(SmallApp())
        try scene.app.remove("hello.wat")
        let failed = try await scene.sandbox.next("failed")
        #expect(failed["stage"]?.string == "assemble")
        #expect(failed["message"]?.string?.contains("hello.wat") == true)
        #expect(try get(scene.url + "hello").body == "hello 1")
        try scene.app.writeHandler("hello 2")
        try await scene.wait(for: "hello 2", at: "hello")
    }

    @Test("The project may be deleted and made again", arguments: [[], ["--ephemeral"]])
    func theProjectMayBeDeletedAndMadeAgain(_ options: [String]) async throws {
        let parent = try TemporaryDirectory()
        let app = try SmallApp()
        try FileManager.default.copyItem(atPath: app.path, toPath: parent.path + "/project")
        let sandbox = try SandboxProcess(parent.path + "/project", options)
        let url = try await sandbox.next("ready")["app"]?.string ?? ""
        try FileManager.default.removeItem(atPath: parent.path + "/project")
        try await sandbox.next("failed")
        #expect(try get(url + "hello").body == "hello 1")
        try app.writeHandler("hello 2")
        try FileManager.default.copyItem(atPath: app.path, toPath: parent.path + "/project")
        let deadline = ContinuousClock.now + SandboxProcess.patience
        while try get(url + "hello").body != "hello 2", .now < deadline { try await Task.sleep(for: .milliseconds(2)) }
        #expect(try get(url + "hello").body == "hello 2")
        #expect(try get(url + "assets/index.html").body == "<h1>page 1</h1>")
        // Its numbers go on, and so does all else.
        let serving = try #require(sandbox.events("serving").last)
        #expect(try #require(serving["revision"]?.integer) > 1)
    }

    /// Wherever it is: in the project, or beside it.
    @Test("A file of variables may change", arguments: ["project/local.env", "shared/local.env"])
    func aFileOfVariablesMayChange(path: String) async throws {
        let parent = try TemporaryDirectory()
        let file = try parent.write("GREETING=one\n", to: path)
        try parent.write(
            "[bindle]\nname = \"e\"\nversion = \"1.0.0\"\n[[handler]]\nname = \"e.wat\"\nroute = \"/\"\n",
            to: "project/HIPPOFACTS")
        try parent.write("[up]\nenv-file = [\"../\(path)\"]\n", to: "project/hippo-dev.toml")
        try parent.write(
            """
            (module
              (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 16) "content-type: text/plain\\n\\n")
              (data (i32.const 64) "\\10\\00\\00\\00\\1a\\00\\00\\00\\00\\20\\00\\00")
              (func (export "_start")
                (drop (call $sizes (i32.const 0) (i32.const 76)))
                (drop (call $get (i32.const 1024) (i32.const 8192)))
                (drop (call $fd_write (i32.const 1) (i32.const 64) (i32.const 2) (i32.const 8)))))
            """, to: "project/e.wat")
        let sandbox = try SandboxProcess(parent.path + "/project")
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(try get(url).body.contains("GREETING=one\0"))
        for text in ["two", "three"] {
            try Data("GREETING=\(text)\n".utf8).write(to: file, options: .atomic)
            _ = try await sandbox.next("serving")
            #expect(try get(url).body.contains("GREETING=\(text)\0"))
        }
        // What is missing is told, and what was there serves on.
        try FileManager.default.removeItem(at: file)
        _ = try await sandbox.next("failed")
        #expect(try get(url).body.contains("GREETING=three\0"))
        try Data("GREETING=four\n".utf8).write(to: file, options: .atomic)
        _ = try await sandbox.next("serving")
        #expect(try get(url).body.contains("GREETING=four\0"))
    }

    @Test("The store may be deleted with its directory") func theStoreMayBeDeletedWithItsDirectory() async throws {
        let scene = try await Scene(SmallApp())
        try scene.app.remove(".hippo")
        try scene.app.save("page 2", to: "assets/index.html")
        try await scene.wait(for: "page 2", at: "assets/index.html")
        try scene.app.writeHandler("hello 2")
        try await scene.wait(for: "hello 2", at: "hello")
        #expect(FileManager.default.fileExists(atPath: scene.app.path + "/.hippo/bindles.sqlite"))
        #expect(scene.sandbox.events("failed").isEmpty)
    }

    @Test("Unchanged content launches nothing") func unchangedContentLaunchesNothing() async throws {
        let scene = try await Scene(SmallApp())
        try scene.app.writeHandler("hello 1")
        let serving = try await scene.sandbox.next("serving")
        #expect(serving["revision"]?.integer == 1)
        #expect(serving["unchanged"] == .boolean(true))
    }

    @Test("The build command runs and its failure is told") func theBuildCommandRunsAndItsFailureIsTold() async throws {
        let app = try SmallApp()
        try app.save(SmallApp.handler(answering: "built 1"), to: "source/handler.wat")
        try app.directory.write(
            """
            [build]
            command = "echo building; cp source/handler.wat hello.wat"
            watch = ["source/*"]
            """, to: "hippo-dev.toml")
        let scene = try await Scene(app)
        try await scene.wait(for: "built 1", at: "hello")
        #expect(
            scene.sandbox.events("log").contains { $0["source"]?.string == "build" && $0["text"]?.string == "building" }
        )

        try app.save(SmallApp.handler(answering: "built 2"), to: "source/handler.wat")
        try await scene.wait(for: "built 2", at: "hello")

        try app.save(
            "[build]\ncommand = \"echo no such header; exit 7\"\nwatch = [\"source/*\"]\n", to: "hippo-dev.toml")
        let failed = try await scene.sandbox.next("failed")
        #expect(failed["stage"]?.string == "build")
        #expect(failed["message"]?.string?.contains("exit code 7") == true)
        #expect(failed["message"]?.string?.contains("no such header") == true)
        #expect(try get(scene.url + "hello").body == "built 2")
    }

    @Test("A build is cancelled when its input changes") func aBuildIsCancelledWhenItsInputChanges() async throws {
        let app = try SmallApp()
        try app.directory.write("1", to: "source/slow")
        try app.directory.write(
            "[build]\ncommand = \"test $(cat source/slow) = 2 || { touch started; sleep 1000; }\"\nwatch = [\"source/*\"]\n",
            to: "hippo-dev.toml")
        let sandbox = try SandboxProcess(app.path)
        let deadline = ContinuousClock.now + SandboxProcess.patience
        while !FileManager.default.fileExists(atPath: app.path + "/started"), .now < deadline {
            try await Task.sleep(for: .milliseconds(2))
        }
        let build = sandbox.descendants()
        try app.save("2", to: "source/slow")
        try await sandbox.next("ready")
        // The WAGI process is among them, and serves.
        let remaining = Set(sandbox.descendants())
        try await SandboxProcess.waitForDeath(of: build.filter { !remaining.contains($0) })
        let names = remaining.compactMap { try? String(contentsOfFile: "/proc/\($0)/comm", encoding: .utf8) }
        #expect(!names.contains("sleep\n"))
    }

    @Test("Nothing is left running however it ends") func nothingIsLeftRunningHoweverItEnds() async throws {
        for signal in [SIGKILL, SIGTERM, SIGINT] {
            let app = try SmallApp()
            try app.directory.write("1", to: "source/x")
            try app.directory.write(
                "[build]\ncommand = \"test $(cat source/x) = 1 || { echo $$ > started; sleep 1000; }\"\nwatch = [\"source/*\"]\n",
                to: "hippo-dev.toml")
            let scene = try await Scene(app)
            try app.save("2", to: "source/x")
            let deadline = ContinuousClock.now + SandboxProcess.patience
            while !FileManager.default.fileExists(atPath: app.path + "/started"), .now < deadline {
                try await Task.sleep(for: .milliseconds(2))
            }
            let processes = scene.sandbox.descendants()
            #expect(processes.count >= 2)
            kill(scene.sandbox.id, signal)
            let status = try await scene.sandbox.waitForEnd()
            try await SandboxProcess.waitForDeath(of: processes)
            if signal != SIGKILL {
                #expect(status == 0)
                #expect(scene.sandbox.events("stopped").count == 1)
            }
            #expect(throws: (any Error).self) { try get(scene.url) }
        }
    }

    @Test("A killed WAGI process is started again") func aKilledWAGIProcessIsStartedAgain() async throws {
        let scene = try await Scene(SmallApp())
        for id in scene.sandbox.descendants() { kill(id, SIGKILL) }
        try await scene.sandbox.next("log") { $0["text"]?.string?.contains("serves again") == true }
        #expect(try get(scene.url + "hello").body == "hello 1")
    }

    @Test("Requests are told") func requestsAreTold() async throws {
        let scene = try await Scene(SmallApp())
        _ = try get(scene.url + "hello?a=b")
        let request = try await scene.sandbox.next("request")
        #expect(request["method"]?.string == "GET")
        #expect(request["path"]?.string == "/hello?a=b")
        #expect(request["status"]?.integer == 200)
        #expect(request["revision"]?.integer == 1)
    }

    @Test("The bindle is served too") func theBindleIsServedToo() async throws {
        let scene = try await Scene(SmallApp())
        let invoice = try get(scene.bindleURL + "/_i/small/1.2.3")
        #expect(invoice.status == 200)
        #expect(invoice.body.contains("assets/index.html"))
    }

    @Test("A second sandbox is told who holds the store") func aSecondSandboxIsToldWhoHoldsTheStore() async throws {
        let scene = try await Scene(SmallApp())
        let result = try Program.run([
            "up", scene.app.path, "--listen", "127.0.0.1:0", "--bindle-listen", "127.0.0.1:0",
        ])
        #expect(result.status == 1)
        #expect(result.errors.contains(scene.url))
        #expect(result.errors.contains(String(scene.sandbox.id)))
    }

    @Test("A port in use is named") func aPortInUseIsNamed() async throws {
        let scene = try await Scene(SmallApp())
        let address = String(scene.url.dropFirst("http://".count).dropLast())
        let other = try SmallApp()
        let result = try Program.run(["up", other.path, "--listen", address])
        #expect(result.status == 1)
        #expect(result.errors.contains(address))
        #expect(result.errors.contains("in use"))
    }

    @Test("A lone module is served everywhere") func aLoneModuleIsServedEverywhere() async throws {
        let directory = try TemporaryDirectory()
        try directory.write(SmallApp.handler(answering: "alone"), to: "lone.wat")
        let sandbox = try SandboxProcess(directory.path + "/lone.wat", ["--ephemeral"])
        let ready = try await sandbox.next("ready")
        #expect(ready["id"]?.string == "lone/0.1.0")
        #expect(try get((ready["app"]?.string ?? "") + "any/path") == Answer(status: 200, body: "alone"))
        // Who asks for it need not name the module.
        let app = try #require(ready["app"]?.string)
        let status = try Program.run(["status", directory.path])
        #expect(status.status == 0 && status.output.contains("app      \(app)\n"), "\(status)")
        let control = try #require(ready["bindle"]?.string).dropLast("v1".count)
        #expect(status.output.contains("control  \(control)\n") || status.output.hasSuffix("control  \(control)"))
        #expect(try Program.run(["status", directory.path, "--json"]).output.contains("\"control\":\"\(control)\""))
        #expect(try Program.run(["logs", directory.path]).output.contains(app))
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/.hippo"))
    }

    @Test("Without watching the project is served as it is") func withoutWatchingTheProjectIsServedAsItIs() async throws
    {
        let app = try SmallApp()
        let scene = try await Scene(app, ["--no-watch"])
        try app.writeHandler("hello 2")
        #expect(try get(scene.url + "hello").body == "hello 1")
        try app.remove("hello.wat")
        let result = try Program.run(
            ["up", app.path, "--no-watch", "--ephemeral", "--listen", "127.0.0.1:0", "--bindle-listen", "127.0.0.1:0"])
        #expect(result.status == 1)
        #expect(result.output.contains("hello.wat"))
    }

    @Test("What is wrong at the start is told at once") func whatIsWrongAtTheStartIsToldAtOnce() throws {
        let empty = try TemporaryDirectory()
        let nothing = try Program.run(["up", empty.path])
        #expect(nothing.status == 1)
        #expect(nothing.errors.contains("HIPPOFACTS"))

        let app = try SmallApp()
        try app.save("[bild]\n", to: "hippo-dev.toml")
        let settings = try Program.run(["up", app.path])
        #expect(settings.status == 1)
        #expect(settings.errors.contains("hippo-dev.toml:1:2"))

        #expect(try Program.run(["up", "--listen", "somewhere:3000"]).status == 2)
        #expect(try Program.run(["up", "--lisen", "x"]).errors.contains("--listen"))
    }
}
