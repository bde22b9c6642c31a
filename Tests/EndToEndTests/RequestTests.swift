import Foundation
import JSON
import TestSupport
import Testing

/// `hippo-dev request` and `hippo-dev test`: a project's app without a port.
@Suite("Requests without a port") struct RequestTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write(SmallApp.handler(answering: "from the handler"), to: "m.wat")
        try directory.write("a page\n", to: "page.txt")
        try directory.write(
            """
            [bindle]
            name = "b"
            version = "1.0.0"
            [[handler]]
            name = "m.wat"
            route = "/handler"
            files = ["page.txt"]
            """, to: "HIPPOFACTS")
    }

    private func run(_ arguments: String...) throws -> Program.Result {
        try Program.run(arguments, in: directory.path)
    }

    @Test("A handler and a file answer") func answers() throws {
        let handler = try run("request", "GET", "/handler")
        #expect(handler.status == 0, "\(handler.errors)")
        #expect(handler.output == "from the handler")
        let page = try run("request", "GET", "/page.txt", "-i")
        #expect(page.output.hasPrefix("HTTP/1.1 200 OK\n"))
        #expect(page.output.hasSuffix("\n\na page\n"))
    }

    @Test("A status from 400 on is a failure, whose body is printed") func notFound() throws {
        let result = try run("request", "GET", "/nothing")
        #expect(result.status == 1)
        #expect(result.output == "404 Not Found: nothing is served at /nothing\n")
    }

    @Test("A body is compared with a file") func comparison() throws {
        try directory.write("a page\n", to: "same")
        try directory.write("a page\nof two lines\n", to: "other")
        #expect(try run("request", "GET", "/page.txt", "--expect", "same").status == 0)
        let result = try run("request", "GET", "/page.txt", "--expect", "other")
        #expect(result.status == 1)
        #expect(
            result.errors == """
                error: the response's body is not what other has: they differ from line 2 on (byte 8); 20 bytes were \
                expected, 7 came

                """)
    }

    @Test("The build command runs before, unless it is not to") func build() throws {
        try directory.write("[build]\ncommand = \"echo built > page.txt; echo building\"\n", to: "hippo-dev.toml")
        #expect(try run("request", "GET", "/page.txt", "--no-build").output == "a page\n")
        let result = try run("request", "GET", "/page.txt")
        #expect(result.output == "built\n")
        #expect(result.errors == "building\n")
        try directory.write("[build]\ncommand = \"echo no; exit 3\"\n", to: "hippo-dev.toml")
        let failed = try run("request", "GET", "/page.txt")
        #expect(failed.status == 1)
        #expect(failed.errors.contains("The build command 'echo no; exit 3' ended with exit code 3."))
    }

    @Test("Variables of hippo-dev.toml and of the command line reach the handler") func variables() throws {
        try directory.write("[env]\nA = \"file\"\nB = \"file\"\n", to: "hippo-dev.toml")
        try directory.write(EnvironmentEcho.module, to: "m.wat")
        let result = try run("request", "GET", "/handler", "--env", "B=line")
        #expect(result.output.contains("A=file"))
        #expect(result.output.contains("B=line"))
    }

    @Test("Tests that pass, fail, and cannot run end with 0, 1 and 2") func exitCodes() throws {
        try directory.write("[[request]]\nname = \"good\"\npath = \"/handler\"\n", to: "tests/good.toml")
        let good = try run("test")
        #expect(good.status == 0, "\(good.errors)")
        #expect(good.output.contains("✓ good"))
        #expect(good.output.contains("1 passed in 1 file"))

        try directory.write(
            "[[request]]\nname = \"bad\"\npath = \"/handler\"\nexpect.body = \"other\"\n", to: "tests/bad.toml")
        let bad = try run("test", "--junit", "report.xml")
        #expect(bad.status == 1)
        #expect(bad.output.contains("✗ bad"))
        #expect(bad.output.contains("tests/bad.toml:1"))
        #expect(bad.output.contains("- other\n"))
        #expect(bad.output.contains("+ from the handler\n"))
        #expect(bad.output.contains("1 passed, 1 failed in 2 files"))
        let report = try String(contentsOfFile: directory.path + "/report.xml", encoding: .utf8)
        #expect(report.contains("tests=\"2\" failures=\"1\""))

        #expect(try run("test", "--filter", "good").status == 0)
        #expect(try run("test", "--filter", "neither").status == 2)
        try directory.write("[[request]]\n", to: "tests/bad.toml")
        let broken = try run("test")
        #expect(broken.status == 2)
        #expect(broken.errors.hasPrefix("error: tests/bad.toml:1:3: [[request]] has no 'path'"))
    }

    /// A handler that appends a byte to `/data/count`, and answers with what is there.
    private static let counter = """
        (module
          (import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_pread" (func $read (param i32 i32 i32 i64 i32) (result i32)))
          (memory (export "memory") 2)
          (data (i32.const 64) "content-type: text/plain\\0a\\0a")
          (data (i32.const 128) "count")
          (data (i32.const 160) "x")
          (func $vector (param $address i32) (param $count i32)
            (i32.store (i32.const 0) (local.get $address))
            (i32.store (i32.const 4) (local.get $count)))
          (func (export "_start")
            (if (call $open (i32.const \(preopen)) (i32.const 0) (i32.const 128) (i32.const 5) (i32.const 1)
                (i64.const 0x1fffffff) (i64.const 0x1fffffff) (i32.const 1) (i32.const 16))
              (then (unreachable)))
            (call $vector (i32.const 160) (i32.const 1))
            (drop (call $write (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 8)))
            (call $vector (i32.const 4096) (i32.const 4096))
            (drop (call $read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 20)))
            (call $vector (i32.const 64) (i32.const 26))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (call $vector (i32.const 4096) (i32.load (i32.const 20)))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
        """

    /// The descriptor of `/data`, behind that of `/`.
    private static let preopen = 4

    @Test("Data is kept where the command line says, and fresh otherwise") func data() throws {
        try directory.write(Self.counter, to: "m.wat")
        try directory.write("[data]\npath = \"data\"\n", to: "hippo-dev.toml")
        #expect(try run("request", "GET", "/handler").output == "x")
        #expect(try run("request", "GET", "/handler").output == "x")
        #expect(try run("request", "GET", "/handler", "--data", "kept").output == "x")
        #expect(try run("request", "GET", "/handler", "--data", "kept").output == "xx")
        #expect(try run("data", "save", "--data", "kept").output.hasPrefix("Saved 1 file of "))
        // Nobody can be asked here.
        let refused = try run("data", "reset", "--data", "kept")
        #expect(refused.status == 1 && refused.output.isEmpty)
        #expect(
            refused.errors
                == "error: nobody can be asked here: --yes removes 1 file (2 B) from \(directory.path)/kept\n")
        #expect(FileManager.default.fileExists(atPath: directory.path + "/kept/count"))
        #expect(try run("data", "reset", "--data", "kept", "--yes").status == 0)
        #expect(try run("data", "reset", "--data", "kept").status == 0, "nothing is left that could be asked of")
        #expect(try run("data", "restore", "--data", "kept").status == 0)
        #expect(try run("request", "GET", "/handler", "--data", "kept").output == "xxx")
        // The requests of one file of tests share it.
        try directory.write(
            """
            [[request]]
            path = "/handler"
            expect.body = "x"
            [[request]]
            path = "/handler"
            expect.body = "xx"
            """, to: "tests/a.toml")
        #expect(try run("test").status == 0)
        #expect(try run("test").status == 0)
    }

    @Test("Data outlives revisions and restarts", .timeLimit(.minutes(15))) func dataOfUp() async throws {
        try directory.write(Self.counter, to: "m.wat")
        try directory.write("[data]\npath = \"data\"\n", to: "hippo-dev.toml")
        for expected in ["x", "xx"] {
            let sandbox = try SandboxProcess(directory.path)
            let app = try await sandbox.next("ready")["app"]?.string ?? ""
            #expect(try get(app + "handler").body == expected)
        }
    }

    @Test("Data is bounded where that is asked for, and status tells how much there is", .timeLimit(.minutes(15)))
    func dataLimit() async throws {
        let note = "warning: --data-limit limits nothing: handlers have no /data without [data] or --data.\n"
        #expect(try run("request", "GET", "/page.txt", "--data-limit", "1kB").errors == note)
        try directory.write(Self.counter, to: "m.wat")
        try directory.write("[data]\npath = \"data\"\nmax-size = \"514 B\"\n", to: "hippo-dev.toml")
        let none = try run("status")
        #expect(none.status == 1 && none.output.hasSuffix("/data (0 files, 0 B of 514 B)\n"), "\(none)")
        let sandbox = try SandboxProcess(directory.path)
        let app = try await sandbox.next("ready")["app"]?.string ?? ""
        // The name of the file counts as 512 bytes.
        for expected in ["x", "xx", "xx"] { #expect(try get(app + "handler").body == expected) }
        #expect(try run("status").output.hasSuffix("/data (1 file, 514 B of 514 B)\n"))
        let json = try #require(try JSONValue(parsing: run("status", "--json").output.utf8).object)
        let data = try #require(json["data"]?.object)
        #expect(data["files"] == .integer(1) && data["bytes"] == .integer(514) && data["limit"] == .integer(514))
        #expect(data["path"]?.string?.hasSuffix("/data") == true)

        // Another process counts on.
        try directory.write("changed\n", to: "page.txt")
        try await sandbox.next("serving")
        #expect(try get(app + "handler").body == "xx")
        let wider = try run("request", "GET", "/handler", "--data", "data", "--data-limit", "1kB")
        #expect(wider.output == "xxx", "\(wider)")
        // A limit that is raised holds at once, and status tells of it.
        try directory.write("[data]\npath = \"data\"\nmax-size = \"516 B\"\n", to: "hippo-dev.toml")
        try await sandbox.next("serving")
        for expected in ["xxxx", "xxxx"] { #expect(try get(app + "handler").body == expected) }
        #expect(try run("status").output.hasSuffix("/data (1 file, 516 B of 516 B)\n"))
    }

    @Test("Without tests it is said where they belong") func noTests() throws {
        let result = try run("test")
        #expect(result.status == 2)
        #expect(result.errors.contains("write one into tests/NAME.toml"))
    }

    @Test("A change runs the tests again", .timeLimit(.minutes(15))) func watch() async throws {
        try directory.write("[[request]]\npath = \"/page.txt\"\nexpect.body = \"new\\n\"\n", to: "tests/a.toml")
        let process = try TextProcess(Program.path, ["test", "--watch", "--project", directory.path])
        try await process.next("a failure") { $0.contains("0 passed, 1 failed") }
        try directory.write("new\n", to: "page.txt")
        try await process.next("success") { $0.contains("1 passed in 1 file") }
    }

    @Test("A file that is saved while tests run is not taken for what a build has written", .timeLimit(.minutes(15)))
    func savedMeanwhile() async throws {
        // A request that says when it has begun, and takes its time.
        try directory.write(
            """
            (module
              (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 0) "\\10\\00\\00\\00\\05\\00\\00\\00")
              (data (i32.const 16) "busy\\0a")
              (func (export "_start")
                (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
                (loop $again (br $again))))
            """, to: "m.wat")
        try directory.write(
            "[[request]]\npath = \"/page.txt\"\nexpect.body = \"new\\n\"\n[[request]]\npath = \"/handler\"\n"
                + "expect.status = 500\n", to: "tests/a.toml")
        try directory.write("[build]\ncommand = \"echo building >&2\"\nwatch = [\"m.wat\"]\n", to: "hippo-dev.toml")
        let process = try TextProcess(
            Program.path, ["test", "--watch", "--timeout", "2s", "--project", directory.path])
        try await process.next("the request") { $0.contains("busy") }
        try directory.write("new\n", to: "page.txt")
        try await process.next("a failure") { $0.contains("1 passed, 1 failed") }
        try await process.next("success") { $0.contains("2 passed in 1 file") }
    }
}
