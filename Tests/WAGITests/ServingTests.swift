import Bindle
import Foundation
import HTTP
import TestSupport
import Testing
import WAGI

/// Modules behind HTTP: what they get, what they answer, and how they fail.
struct ServingTests {
    // MARK: Requests and responses

    @Test("A module answers") func aModuleAnswers() throws {
        let app = try ServedApplication(Guest.printing("Content-Type: text/plain\nX-A: 1\n\nHello\n"))
        let answer = try app.get("/")
        #expect(answer.status == 200)
        #expect(answer.headers["Content-Type"] == "text/plain")
        #expect(answer.headers["X-A"] == "1")
        #expect(answer.body == "Hello\n")
        let head = try app.send(.head, "/")
        #expect(head.status == 200)
        #expect(head.headers["X-A"] == "1")
        #expect(head.body == "")
    }

    @Test("The body is the standard input") func theBodyIsTheStandardInput() throws {
        let echo = Guest.text(
            """
            \(Guest.data("Content-Type: text/plain\n\n", at: 65536))
            (func (export "_start") (call $print (i32.const 65536)) (call $copy (i32.const 0)))
            """)
        let app = try ServedApplication(echo)
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 1_000_000)
        #expect(try app.send(.post, "/", body: .bytes(body)).body.utf8.elementsEqual(body))
        let length = Mutable(3)
        let chunked = try app.send(
            .post, "/",
            body: .stream(length: nil) { buffer in
                if length.value == 0 { return 0 }
                length.value -= 1
                buffer.copyBytes(from: Array("abc".utf8))
                return 3
            })
        #expect(chunked.body == "abcabcabc")
    }

    @Test("Arguments and environment arrive") func argumentsAndEnvironmentArrive() throws {
        let module = Guest.text(
            """
            \(Guest.data("Content-Type: text/plain\n\n", at: 65536))
            (func (export "_start")
              (call $print (i32.const 65536)) (call $print-arguments) (call $print-environment))
            """)
        let app = try ServedApplication(module, route: "/a/...") { configuration in
            configuration.environment = [("COLOUR", "blue"), ("REQUEST_METHOD", "mine")]
        }
        let lines = try app.send(.put, "/a/b?x=1&y", body: .bytes([1, 2])).body.split(separator: "\n")
        #expect(lines.prefix(3) == ["/a/b", "x=1", "y"])
        for line in [
            "COLOUR=blue", "REQUEST_METHOD=PUT", "CONTENT_LENGTH=2", "PATH_INFO=/b", "SCRIPT_NAME=/a",
            "REMOTE_ADDR=127.0.0.1", "X_MATCHED_ROUTE=/a/...", "HTTP_HOST=\(app.server.address)",
            "X_FULL_URL=http://\(app.server.address)/a/b?x=1&y",
        ] { #expect(lines.contains(Substring(line)), "\(line)") }
        #expect(!lines.contains("REQUEST_METHOD=mine"))
    }

    @Test("Repeated headers are all kept") func repeatedHeadersAreAllKept() throws {
        let app = try ServedApplication(Guest.printing("status: 201\nSet-Cookie: a=1\nSet-Cookie: b=2\n\n"))
        let answer = try app.get("/")
        #expect(answer.status == 201)
        #expect(answer.headers.all("Set-Cookie") == ["a=1", "b=2"])
    }

    @Test("The first byte leaves when it is written") func theFirstByteLeavesWhenItIsWritten() throws {
        // After its first words the module waits for its input. Nothing of it has been sent by then. (The server
        // receives short bodies before it starts a module.)
        let module = Guest.text(
            """
            \(Guest.data("Content-Type: text/plain\n\nfirst\n", at: 65536))
            (func (export "_start") (call $print (i32.const 65536)) (call $copy (i32.const 0)))
            """)
        let app = try ServedApplication(module)
        let socket = try RawSocket(port: app.server.address.port)
        try socket.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n")
        #expect(try socket.receive(until: "first\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test("a Location with a local path alone sends the client there")
    func localLocation() throws {
        let app = try ServedApplication(Guest.printing("Location: /to?x=1\n\n"))
        let answer = try app.send(.post, "/", body: .bytes([1]))
        #expect(answer.status == 302 && answer.headers["Location"] == "/to?x=1")
    }

    @Test("The first route that matches wins") func theFirstRouteThatMatchesWins() throws {
        let app = try ServedApplication(
            ["a.wat": Guest.printing("status: 200\n\na"), "b.wat": Guest.printing("status: 200\n\nb")],
            """
            [[module]]
            route = "/a/..."
            module = "DIR/a.wat"
            [[module]]
            route = "/..."
            module = "DIR/b.wat"
            [[module]]
            route = "/a/b"
            module = "DIR/b.wat"
            """)
        #expect(try app.get("/a/b").body == "a")
        #expect(try app.get("/ab").body == "b")
        #expect(try app.get("/healthz").body == "OK")
    }

    @Test("What nobody takes is not found") func whatNobodyTakesIsNotFound() throws {
        let app = try ServedApplication(Guest.printing("status: 200\n\n"), route: "/a")
        let answer = try app.get("/b")
        #expect(answer.status == 404)
        #expect(answer.body.contains("/b"))
    }

    @Test("A module declares subroutes") func aModuleDeclaresSubroutes() throws {
        let module = Guest.text(
            """
            \(Guest.data("/one one\n/all/... first\n/all/... last\n", at: 65536))
            \(Guest.data("status: 200\n\none", at: 66000))
            \(Guest.data("status: 200\n\nfirst", at: 66100))
            \(Guest.data("status: 200\n\nlast\n", at: 66200))
            \(Guest.data("status: 200\n\nstart", at: 66300))
            (func (export "_routes") (call $print (i32.const 65536)) (call $print-arguments) (call $print-environment))
            (func (export "one") (call $print (i32.const 66000)))
            (func (export "first") (call $print (i32.const 66100)))
            (func (export "last") (call $print (i32.const 66200)) (call $print-environment))
            (func (export "_start") (call $print (i32.const 66300)))
            """)
        let app = try ServedApplication(module, route: "/base/...")
        #expect(
            app.server.application.routes.map(\.route.description)
                == ["/base/all/...", "/base/all/...", "/base/one", "/base/..."])
        #expect(try app.get("/base/one").body == "one")
        #expect(try app.get("/base/two").body == "start")
        let all = try app.get("/base/all/x").body
        #expect(all.hasPrefix("last\n"))
        #expect(all.contains("\nX_MATCHED_ROUTE=/base/all/...\n"))
        #expect(all.contains("\nSCRIPT_NAME=/base/all\n"))
        #expect(all.contains("\nPATH_INFO=/x\n"))
    }

    @Test(
        "Bad subroutes fail at load",
        arguments: [
            ("(call $print (i32.const 65536))", "not a path and the name of a function"),
            ("(unreachable)", "unreachable"),
            ("(call $proc_exit (i32.const 3))", "exit code 3"), ("(loop $forever (br $forever))", "--timeout"),
        ])
    func badSubroutesFailAtLoad(body: String, message: String) throws {
        let module = Guest.text("\(Guest.data("/one\n", at: 65536)) (func (export \"_routes\") \(body))")
        let error = try #require(throws: LoadError.self) {
            _ = try ServedApplication(module) { $0.limits.time = .milliseconds(100) }
        }
        #expect(error.message.contains(message))
        #expect(error.file?.hasSuffix("module.wat") == true)
    }

    @Test(
        "Where every handler has to answer, a module with sub-routes need not for its own route, but for each of them")
    func everySubrouteAnswers() throws {
        func app(_ routes: String) throws -> ServedApplication {
            let module = Guest.text(
                """
                \(Guest.data(routes, at: 65536))
                \(Guest.data("status: 200\n\none", at: 66000))
                (func (export "_routes") (call $print (i32.const 65536)))
                (func (export "one") (call $print (i32.const 66000)))
                """)
            return try ServedApplication(module, route: "/base/...") { $0.requiresEntrypoints = true }
        }
        let good = try app("/one one\n")
        #expect(try good.get("/base/one").body == "one")
        #expect(try good.get("/base/two").status == 500 && good.server.application.warnings.count == 1)
        let error = try #require(throws: LoadError.self) { _ = try app("/one one\n/two two\n") }
        #expect(error.message.contains("/base/two cannot be answered") && error.route?.description == "/base/...")
    }

    @Test("An entrypoint replaces start") func anEntrypointReplacesStart() throws {
        let module = Guest.text(
            """
            \(Guest.data("status: 200\n\nother", at: 65536))
            (global $ready (mut i32) (i32.const 0))
            (func (export "_initialize") (global.set $ready (i32.const 1)))
            (func (export "other") (if (global.get $ready) (then (call $print (i32.const 65536)))))
            """)
        let app = try ServedApplication(
            ["m.wat": module],
            """
            [[module]]
            route = "/other"
            module = "DIR/m.wat"
            entrypoint = "other"
            [[module]]
            route = "/absent"
            module = "DIR/m.wat"
            entrypoint = "absent"
            """)
        #expect(try app.get("/other").body == "other")
        let absent = try app.get("/absent")
        #expect(absent.status == 500)
        #expect(absent.body.contains("no function 'absent'"))
        #expect(absent.body.contains("it exports _initialize, other"))
    }

    // MARK: Failures

    @Test("A trap is a 500 that says what happened") func aTrapIsA500ThatSaysWhatHappened() throws {
        let module = Guest.text("(func $deep (unreachable)) (func (export \"_start\") (call $deep))")
        let app = try ServedApplication(module)
        let answer = try app.get("/x")
        #expect(answer.status == 500)
        #expect(answer.body.contains("unreachable"))
        #expect(!answer.body.contains("deep"))
        #expect(app.lines.texts.contains { $0.contains("GET /x") && $0.contains("unreachable") })
        #expect(app.lines.texts.contains { $0.contains("deep") })
    }

    @Test(
        "A bad response is an error",
        arguments: [
            ("x-only: 1\n\n", 500), ("no header at all", 500), ("", 500), ("status: 200\nbad name: x\n\n", 502),
            ("status: 200\nx: a\u{1}b\n\n", 502), ("content-type: text/plain\ncontent-length: 3\n\nabcd", 502),
        ])
    func aBadResponseIsAnError(output: String, status: Int) throws {
        let app = try ServedApplication(Guest.printing(output))
        #expect(try app.get("/").status == status)
        #expect(app.lines.texts.contains { $0.hasPrefix("GET / → _start of ") })
    }

    /// Holds the beginning of a response back however long the guest has to wait for a processor.
    private static var patient: ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.holdTime = .seconds(600)
        return configuration
    }

    @Test(
        "a handler that ends with another code than 0 has failed, whatever it has written",
        arguments: ["", "half a page"])
    func exitCode(body: String) throws {
        let app = try ServedApplication(
            Guest.text(
                """
                \(Guest.data("content-type: text/plain\n\n" + body, at: 65536))
                (func (export "_start") (call $print (i32.const 65536)) (call $proc_exit (i32.const 3)))
                """), server: Self.patient)
        let answer = try app.get("/")
        #expect(answer.status == 500 && answer.body.contains("exit code 3"))
        #expect(app.lines.texts.contains { $0.contains("the module ended itself with exit code 3") })
    }

    @Test("a handler that fails after a part of its response has left cuts the connection")
    func exitAfterLeaving() throws {
        let app = try ServedApplication(
            Guest.text(
                """
                \(Guest.data("content-type: text/plain\n\n" + String(repeating: "x", count: 40_000), at: 65536))
                (func (export "_start") (call $print (i32.const 65536)) (call $proc_exit (i32.const 3)))
                """))
        #expect(throws: (any Error).self) { try app.get("/") }
    }

    @Test("a handler that exits with 0 has not failed")
    func exitZero() throws {
        let good = Guest.text(
            """
            \(Guest.data("status: 200\n\nfine", at: 65536))
            (func (export "_start") (call $print (i32.const 65536)) (call $proc_exit (i32.const 0)))
            """)
        let quiet = try ServedApplication(good)
        #expect(try quiet.get("/").body == "fine")
        #expect(quiet.lines.texts.isEmpty)
    }

    @Test("a trap is a 500 as long as no byte has left, and cuts the response off afterwards", arguments: [4, 40_000])
    func trapAfterTheHead(count: Int) throws {
        let module = Guest.text(
            """
            \(Guest.data("status: 200\n\n" + String(repeating: "x", count: count), at: 65536))
            (func (export "_start") (call $print (i32.const 65536)) (unreachable))
            """)
        let app = try ServedApplication(module, server: Self.patient)
        if count < 32 << 10 {
            #expect(try app.get("/").status == 500)
        } else {
            #expect(throws: ClientError.self) { try app.get("/") }
        }
    }

    // MARK: Limits

    @Test("An endless loop is stopped") func anEndlessLoopIsStopped() throws {
        let module = Guest.text("(func (export \"_start\") (loop $forever (br $forever)))")
        let app = try ServedApplication(module) { $0.limits.time = .milliseconds(50) }
        let answer = try app.get("/")
        #expect(answer.status == 500)
        #expect(answer.body.contains("stopped after 0.05 seconds"))
        #expect(answer.body.contains("--timeout"))
    }

    @Test("Endless recursion is a trap") func endlessRecursionIsATrap() throws {
        let app = try ServedApplication(Guest.text("(func $deeper (export \"_start\") (call $deeper))"))
        let answer = try app.get("/")
        #expect(answer.status == 500)
        #expect(answer.body.contains("call stack exhausted"))
    }

    @Test("Memory is limited") func memoryIsLimited() throws {
        let module = Guest.text(
            """
            \(Guest.data("status: 200\n\nno", at: 65536))
            (func (export "_start")
              (if (i32.eq (memory.grow (i32.const 1000)) (i32.const -1)) (then (call $print (i32.const 65536)))))
            """)
        let app = try ServedApplication(module) { $0.limits.memoryBytes = 1 << 20 }
        #expect(try app.get("/").body == "no")
        let small = try ServedApplication(module) { $0.limits.memoryBytes = 64 << 10 }
        #expect(try small.get("/").status == 500)
    }

    @Test("A response without end is cut off") func aResponseWithoutEndIsCutOff() throws {
        let module = Guest.text(
            """
            \(Guest.data("status: 200\n\n", at: 65536))
            (func (export "_start")
              (call $print (i32.const 65536))
              (loop $forever (call $write (i32.const 1) (i32.const 131072) (i32.const 65536)) (br $forever)))
            """)
        let app = try ServedApplication(module) { $0.limits.responseBytes = 1 << 20 }
        #expect(throws: ClientError.self) { try app.get("/") }
        #expect(app.lines.texts.contains { $0.contains("its response exceeds 1048576 bytes") })
    }

    // MARK: Logs

    @Test("Standard error goes to the log by lines") func standardErrorGoesToTheLogByLines() throws {
        let module = Guest.text(
            """
            \(Guest.data("one\ntwo", at: 65536))
            \(Guest.data("status: 200\n\n", at: 66000))
            (func (export "_start")
              (call $log (i32.const 65536)) (call $log (i32.const 65536)) (call $print (i32.const 66000)))
            """)
        let logs = try TemporaryDirectory()
        let app = try ServedApplication(module, route: "/log") { $0.logDirectory = logs.path }
        _ = try app.get("/log")
        #expect(app.lines.texts == ["one", "twoone", "two"])
        #expect(Set(app.lines.all.map(\.requestID)) == [1])
        #expect(app.lines.all.first?.route == "/log")
        // The directory is named after the route, by its SHA-256.
        let found = try FileManager.default.contentsOfDirectory(atPath: logs.path)
        #expect(found == [SHA256.hash("/log".utf8).hex])
        #expect(
            try String(contentsOf: logs.url.appendingPathComponent("\(found[0])/module.stderr"), encoding: .utf8)
                == "one\ntwoone\ntwo\n")
    }

    // MARK: Loading

    @Test("Unknown imports fail at load all listed") func unknownImportsFailAtLoadAllListed() throws {
        let module = """
            (module (import "env" "one" (func)) (import "env" "two" (func (param i32))) (func (export "_start")))
            """
        let error = try #require(throws: LoadError.self) { _ = try ServedApplication(module) }
        #expect(error.message.contains("env.one"))
        #expect(error.message.contains("env.two"))
        #expect(error.file?.hasSuffix("module.wat") == true)
    }

    @Test("A module fetches from allowed hosts only") func aModuleFetchesFromAllowedHostsOnly() throws {
        // Fetches the URL that is its first argument, and prints the body, or the digit of the error.
        let module = Guest.text(
            """
            \(Guest.data("status: 200\n\n", at: 65536))
            \(Guest.data("GET", at: 66000))
            (func (export "_start") (local $url i32) (local $code i32)
              (call $print (i32.const 65536))
              (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
              (drop (call $args_get (i32.const 8192) (i32.const 16384)))
              (local.set $url (i32.load (i32.const 8196)))
              (local.set $code
                (call $req (local.get $url) (call $length (local.get $url)) (i32.const 66000) (i32.const 3)
                  (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 28) (i32.const 32)))
              (if (local.get $code)
                (then
                  (i32.store8 (i32.const 12) (i32.add (local.get $code) (i32.const 48)))
                  (call $write (i32.const 1) (i32.const 12) (i32.const 1)))
                (else
                  (drop
                    (call $body_read (i32.load (i32.const 32)) (i32.const 131072) (i32.const 65536) (i32.const 36)))
                  (call $write (i32.const 1) (i32.const 131072) (i32.load (i32.const 36))))))
            """,
            imports: """
                (import "wasi_experimental_http" "req"
                  (func $req (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
                (import "wasi_experimental_http" "body_read" (func $body_read (param i32 i32 i32 i32) (result i32)))
                """)
        let other = try ServedApplication(Guest.printing("status: 200\n\nfrom elsewhere"))
        let route = "[[module]]\nroute = \"/...\"\nmodule = \"DIR/m.wat\"\n"
        let target = "/?http://\(other.server.address)/"
        let allowed = try ServedApplication(["m.wat": module], route + "allowed_hosts = [\"http://127.0.0.1\"]")
        #expect(try allowed.get(target).body == "from elsewhere")
        let refused = try ServedApplication(["m.wat": module], route + "allowed_hosts = [\"http://example.com\"]")
        #expect(try refused.get(target).body == "7")
        #expect(try ServedApplication(["m.wat": module], route).get(target).body == "7")
        let all = try ServedApplication(["m.wat": module], route + "allowed_hosts = [\"insecure:allow-all\"]")
        #expect(try all.get(target).body == "from elsewhere")
    }

    @Test("Broken modules fail at load with their place") func brokenModulesFailAtLoadWithTheirPlace() throws {
        let text = try #require(throws: LoadError.self) { _ = try ServedApplication("(module\n  (oops))") }
        #expect(text.position?.line == 2)
        let binary = try #require(throws: LoadError.self) {
            _ = try ServedApplication(
                ["m.wasm": "no module"], "[[module]]\nroute = \"/\"\nmodule = \"DIR/m.wasm\"")
        }
        #expect(binary.message.hasPrefix("the module is not valid: "))
        #expect(binary.file?.hasSuffix("m.wasm") == true)
        let absent = try #require(throws: LoadError.self) {
            _ = try ServedApplication([:], "[[module]]\nroute = \"/\"\nmodule = \"DIR/m.wasm\"")
        }
        #expect(absent.message.contains("No such file or directory"))
    }

    // MARK: Files

    @Test("Volumes are directories of the host") func volumesAreDirectoriesOfTheHost() throws {
        let module = Guest.text(
            """
            \(Guest.data("status: 200\n\n", at: 65536))
            \(Guest.data("note.txt", at: 66000))
            (func (export "_start")
              (call $print (i32.const 65536))
              (if (call $open (i32.const 66000) (i32.const 0) (i64.const 2)) (then (unreachable)))
              (call $copy (i32.load (i32.const 24))))
            """)
        let directory = try TemporaryDirectory()
        try directory.write("a note", to: "note.txt")
        let toml = "[[module]]\nroute = \"/\"\nmodule = \"DIR/m.wat\"\nvolumes = { \"/data\" = \"\(directory.path)\" }"
        #expect(try ServedApplication(["m.wat": module], toml).get("/").body == "a note")
        // Without it, the module runs, and finds no file.
        let absent = toml.replacingOccurrences(of: directory.path, with: "\(directory.path)/absent")
        let app = try ServedApplication(["m.wat": module], absent)
        #expect(try app.get("/").status == 500)
        #expect(app.server.application.warnings.first?.contains("/absent' is not there") == true)
    }

    @Test("Requests at the same time do not mix") func requestsAtTheSameTimeDoNotMix() throws {
        let module = Guest.text(
            """
            \(Guest.data("status: 200\n\n", at: 65536))
            (func (export "_start") (call $print (i32.const 65536)) (call $print-arguments))
            """)
        let app = try ServedApplication(module)
        let failures = Mutable(0)
        let lock = NSLock()
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for number in 0..<25 {
                let body = try? app.get("/\(thread)?\(number)").body
                if body != "/\(thread)\n\(number)\n" { lock.withLock { failures.value += 1 } }
            }
        }
        #expect(failures.value == 0)
    }
}

/// A value that closures share.
final class Mutable<Value>: @unchecked Sendable {
    var value: Value

    init(_ value: Value) {
        self.value = value
    }
}
