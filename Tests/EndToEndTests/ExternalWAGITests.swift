import Foundation
import HTTP
import TestSupport
import Testing

/// `up --wagi`: another WAGI program serves. Here it is a script that starts this one under another name, as `wagi`
/// would be started.
@Suite(.timeLimit(.minutes(15)))
struct ExternalWAGITests {
    /// Writes the program: it notes how it was started, and becomes `hippo-dev wagi`.
    private func writeProgram(_ app: SmallApp, _ body: String? = nil) throws -> String {
        let script = """
            #!/bin/sh
            echo "$$ $*" >> \(app.path)/starts
            \(body ?? "exec \(Program.path) wagi \"$@\"")
            """
        let file = try app.directory.write(script, to: "other-wagi")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        return file.path
    }

    private func starts(_ app: SmallApp) throws -> [(process: pid_t, arguments: String)] {
        try String(contentsOfFile: app.path + "/starts", encoding: .utf8).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 1)
            return pid_t(words[0]).map { ($0, String(words[1])) }
        }
    }

    @Test("Another program serves and is started anew for each revision")
    func anotherProgramServesAndIsStartedAnewForEachRevision() async throws {
        let app = try SmallApp()
        let program = try writeProgram(app)
        let sandbox = try SandboxProcess(app.path, ["--wagi", program, "-e", "COLOR=red"])
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(try get(url + "hello") == Answer(status: 200, body: "hello 1"))
        #expect(try get(url + "assets/style.css").body == "h1 { color: red }")
        #expect(try get(url + "none").status == 404)
        let request = try await sandbox.next("request") { $0["path"]?.string == "/none" }
        #expect(request["status"]?.integer == 404)
        // More than once if another process took the port that was free for it.
        let first = try starts(app)
        for option in [
            "-b small/1.2.3", "--bindle-url http://127.0.0.1:", "--listen 127.0.0.1:", "--env-file /dev/fd/5",
        ] {
            #expect(first.last?.arguments.contains(option) == true, "\(first)")
        }

        #expect(first.allSatisfy { !$0.arguments.contains("red") }, "\(first)")

        try app.writeHandler("hello 2")
        try await sandbox.next("serving")
        #expect(try get(url + "hello").body == "hello 2")
        #expect(try starts(app).count > first.count)
        // The one before has no more to do.
        try await SandboxProcess.waitForDeath(of: first.map(\.process))

        // A browser's page reloads itself, as with the program's own server.
        var navigation = ClientRequest(.get, try HTTPURL(url + "assets/index.html"))
        navigation.headers = ["Accept": "text/html", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"]
        let page = String(decoding: try Client().send(navigation).readAll(limit: 1 << 20), as: UTF8.self)
        #expect(page.contains("/.hippo/reload.js") && page.hasSuffix("<h1>page 1</h1>"))

        // Nothing outlives the sandbox, however it ends.
        let last = try #require(try starts(app).last)
        kill(sandbox.id, SIGKILL)
        try await SandboxProcess.waitForDeath(of: [last.process])
    }

    @Test("Variables reach the modules, and no command line; secrets of the user's reach neither")
    func variables() async throws {
        let app = try SmallApp()
        // Answers with its environment.
        try app.save(
            """
            (module
              (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 1024) "content-type: text/plain\\n\\n")
              (func (export "_start")
                (drop (call $sizes (i32.const 0) (i32.const 4)))
                (drop (call $get (i32.const 2048) (i32.const 4096)))
                (i32.store (i32.const 16) (i32.const 1024)) (i32.store (i32.const 20) (i32.const 26))
                (i32.store (i32.const 24) (i32.const 4096)) (i32.store (i32.const 28) (i32.load (i32.const 4)))
                (drop (call $write (i32.const 1) (i32.const 16) (i32.const 2) (i32.const 8)))))
            """, to: "hello.wat")
        let program = try writeProgram(
            app, "env >> \(app.path)/seen; exec \(Program.path) wagi \"$@\"")
        let sandbox = try SandboxProcess(
            app.path, ["--wagi", program, "-e", "KEY=s3cret word", "-e", "EMPTY="],
            environment: ["BINDLE_TOKEN": "t0ken", "MY_PASSWORD": "passw0rd", "PLAIN": "plain"])
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        let variables = try get(url + "hello").body.split(separator: "\0")
        #expect(variables.contains("KEY=s3cret word") && variables.contains("EMPTY="), "\(variables)")
        for process in [sandbox.id] + sandbox.descendants() {
            let line = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
            // The user's own command line has what the user has written.
            if process != sandbox.id { #expect(!line.contains("s3cret"), "\(line)") }
        }
        let seen = try String(contentsOfFile: app.path + "/seen", encoding: .utf8)
        #expect(seen.contains("PLAIN=plain"))
        for secret in ["t0ken", "passw0rd", "s3cret"] { #expect(!seen.contains(secret)) }
    }

    @Test("A variable that a file of lines cannot hold is refused with a sentence")
    func variableOfLines() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path, ["--wagi", try writeProgram(app), "-e", "KEY=a\nb"])
        let message = try #require(try await sandbox.next("failed")["message"]?.string)
        #expect(message.contains("the variable KEY has a line break"), "\(message)")
    }

    @Test("Files are served in front of a program that serves none", arguments: [true, false])
    func filesAreServedInFrontOfAProgramThatServesNone(hasStatic: Bool) async throws {
        let app = try SmallApp()
        let program = try writeProgram(app, "exec \(Program.path) wagi --no-static \"$@\"")
        let sandbox = try SandboxProcess(app.path, ["--wagi", program] + (hasStatic ? [] : ["--no-static"]))
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(try get(url + "hello").body == "hello 1")
        #expect(try get(url + "assets/style.css").status == (hasStatic ? 200 : 404))
        #expect(try get(url + "none").status == 404)
        guard hasStatic else { return }
        // A page follows the project, too, and a handler's path is the handler's.
        var navigation = ClientRequest(.get, try HTTPURL(url + "assets/"))
        navigation.headers = ["Accept": "text/html", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"]
        let page = String(decoding: try Client().send(navigation).readAll(limit: 1 << 20), as: UTF8.self)
        #expect(page.contains("/.hippo/reload.js") && page.hasSuffix("<h1>page 1</h1>"))
        try app.save("h1 { color: green }", to: "assets/style.css")
        try await sandbox.next("serving")
        #expect(try get(url + "assets/style.css").body == "h1 { color: green }")
    }

    @Test("Bodies pass in both directions") func bodiesPassInBothDirections() async throws {
        let app = try SmallApp()
        try app.save(
            """
            (module
              (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 2)
              (data (i32.const 0) "\\10\\00\\00\\00\\1b\\00\\00\\00")
              (data (i32.const 16) "content-type: text/plain\\n\\n")
              (func (export "_start")
                (i32.store (i32.const 4) (i32.const 26))
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                (loop $next
                  (i32.store (i32.const 0) (i32.const 65536))
                  (i32.store (i32.const 4) (i32.const 65536))
                  (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
                  (i32.store (i32.const 4) (i32.load (i32.const 8)))
                  (if (i32.load (i32.const 8))
                    (then
                      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                      (br $next))))))
            """, to: "hello.wat")
        let sandbox = try SandboxProcess(app.path, ["--wagi", try writeProgram(app)])
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let response = try Client().send(ClientRequest(.post, try HTTPURL(url + "hello"), body: .bytes(bytes)))
        #expect(response.status == .ok)
        #expect(try response.readAll(limit: 1 << 20) == bytes)
    }

    @Test("A program that fails is reported and what serves serves on")
    func aProgramThatFailsIsReportedAndWhatServesServesOn() async throws {
        let app = try SmallApp()
        let program = try writeProgram(app, "echo 'no such option: -b' >&2; exit 7")
        let sandbox = try SandboxProcess(app.path, ["--wagi", program])
        let failed = try await sandbox.next("failed")
        #expect(failed["stage"]?.string == "launch")
        let message = try #require(failed["message"]?.string)
        #expect(message.contains("exit code 7") && message.contains("no such option: -b"), "\(message)")
        // When it is mended, the next change serves.
        _ = try writeProgram(app)
        try app.writeHandler("hello 2")
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(try get(url + "hello").body == "hello 2")
        // One that dies is started again.
        let victim = try #require(try starts(app).last)
        kill(victim.process, SIGKILL)
        try await sandbox.next("log") { $0["text"]?.string?.contains("serves again") == true }
        #expect(try get(url + "hello").body == "hello 2")
    }

    @Test("What the program is not told of is named") func whatTheProgramIsNotToldOfIsNamed() async throws {
        let app = try SmallApp()
        try app.save("[data]\npath = \"data\"\n[proxy]\n\"/api\" = \"http://127.0.0.1:1\"\n", to: "hippo-dev.toml")
        let sandbox = try SandboxProcess(
            app.path, ["--wagi", try writeProgram(app), "--no-static", "--timeout", "5s", "--max-heap", "1MiB"])
        let note = try await sandbox.next("log") { $0["text"]?.string?.contains("is not told of") == true }
        #expect(
            note["text"]?.string?.contains("not told of [data], [proxy], --max-heap, --timeout:") == true, "\(note)")
    }

    @Test("A program that is not there is named") func aProgramThatIsNotThereIsNamed() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path, ["--wagi", "no-such-wagi", "--no-watch"])
        let failed = try await sandbox.next("failed")
        #expect(failed["message"]?.string?.contains("'no-such-wagi' is not there") == true)
        #expect(try await sandbox.waitForEnd() == 1)
    }
}
