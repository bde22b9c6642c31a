import Foundation
import TestSupport
import Testing

/// `hippo-dev run`.
@Suite struct RunTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// Runs a module in the text format.
    private func run(_ module: String, _ options: [String] = [], _ arguments: [String] = []) throws -> Program.Result {
        let file = try directory.write(module, to: "module.wat")
        return try Program.run(["run"] + options + [file.path] + arguments)
    }

    /// A module's beginning, with the imports that tests here use.
    private static let imports = """
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_open"
          (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (memory (export "memory") 2)
        (func $print (param $address i32) (param $count i32)
          (i32.store (i32.const 0) (local.get $address))
          (i32.store (i32.const 4) (local.get $count))
          (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

        """

    private static func command(_ body: String) -> String {
        "(module \(imports) (func (export \"_start\") \(body)))"
    }

    @Test("The modules exit code is the programs") func theModulesExitCodeIsThePrograms() throws {
        for code in [0, 1, 42, 255] {
            let result = try run(Self.command("(call $exit (i32.const \(code)))"))
            #expect(result.status == code)
            #expect(result.errors == "")
        }
        #expect(try run(Self.command("")).status == 0)
    }

    @Test("What follows the module is its own") func whatFollowsTheModuleIsItsOwn() throws {
        let result = try run(
            Self.command(
                """
                (drop (call $args_sizes (i32.const 16) (i32.const 20)))
                (drop (call $args (i32.const 1024) (i32.const 4096)))
                (call $print (i32.const 4096) (i32.load (i32.const 20)))
                """), ["--max-memory", "1MiB"], ["--dir", "x", "--", "-v", "--help"])
        #expect(result.output == "module.wat\0--dir\0x\0--\0-v\0--help\0")
    }

    @Test("The environment is only what is given") func theEnvironmentIsOnlyWhatIsGiven() throws {
        let module = Self.command(
            """
            (drop (call $environ_sizes (i32.const 16) (i32.const 20)))
            (drop (call $environ (i32.const 1024) (i32.const 4096)))
            (call $print (i32.const 4096) (i32.load (i32.const 20)))
            """)
        #expect(try run(module).output == "")
        #expect(try run(module, ["--env", "A=1", "-e", "B=x=y", "--env=C="]).output == "A=1\0B=x=y\0C=\0")
        let home = ProcessInfo.processInfo.environment["PATH"] ?? ""
        #expect(try run(module, ["--env", "PATH"]).output == "PATH=\(home)\0")
        #expect(try run(module, ["--env", "HIPPO_DEV_NO_SUCH_VARIABLE"]).status == 2)
    }

    @Test("A trap tells what happened and where") func aTrapTellsWhatHappenedAndWhere() throws {
        let result = try run(
            """
            (module
              (func $deeper (drop (i32.div_u (i32.const 1) (i32.const 0))))
              (func $start (export "_start") (call $deeper)))
            """)
        #expect(result.status == 134)
        #expect(result.errors.contains("integer divide by zero"))
        #expect(result.errors.contains("deeper"))
        #expect(result.errors.contains("start"))
    }

    @Test("Directories are given under their names") func directoriesAreGivenUnderTheirNames() throws {
        try directory.write("x", to: "data/file")
        // Opens "file" in descriptor 3, for writing if it can, and ends with the error's number.
        let module = Self.command(
            """
            (i32.store (i32.const 2048) (i32.const 0x656c6966))
            (call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 2048) (i32.const 4) (i32.const 0)
              (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 16)))
            """)
        let data = directory.path + "/data"
        #expect(try run(module).status == 8)
        #expect(try run(module, ["--dir", data]).status == 0)
        #expect(try run(module, ["--dir", data + "::/data"]).status == 0)
        #expect(try run(module, ["--read-only-dir", data]).status == 69)
        let missing = try run(module, ["--dir", directory.path + "/none"])
        #expect(missing.status == 1)
        #expect(missing.errors.contains("/none"))
    }

    @Test("Invoking a function prints its results") func invokingAFunctionPrintsItsResults() throws {
        let module = """
            (module
              (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
              (func (export "both") (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
              (func (export "nothing")))
            """
        #expect(try run(module, ["--invoke", "add"], ["2", "-44"]).output == "-42\n")
        #expect(try run(module, ["--invoke", "add"], ["0xffffffff", "1"]).output == "0\n")
        let both = try run(module, ["--invoke", "both"], ["-9223372036854775808", "1.5"])
        #expect(both.output == "1.5\n-9223372036854775808\n")
        #expect(try run(module, ["--invoke", "nothing"]).output == "")
        #expect(try run(module, ["--invoke", "add"], ["1"]).status == 2)
        #expect(try run(module, ["--invoke", "add"], ["1", "4294967296"]).status == 2)
        // The notation for components.
        let call = try run(module, ["--invoke", "add(2, 40)"])
        #expect(call.status == 1 && call.errors.contains("--invoke add MODULE 2 40"), "\(call.errors)")
        let unknown = try run(module, ["--invoke", "subtract"])
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains("it exports add, both, nothing"))
        #expect(try run(module).errors.contains("--invoke"))
    }

    @Test("A reactor is initialized before its function is called")
    func aReactorIsInitializedBeforeItsFunctionIsCalled() throws {
        let module = """
            (module
              (global $ready (mut i32) (i32.const 0))
              (func (export "_initialize") (global.set $ready (i32.const 7)))
              (func (export "ready") (result i32) (global.get $ready)))
            """
        #expect(try run(module, ["--invoke", "ready"]).output == "7\n")
        #expect(try run(module).status == 0)
    }

    @Test("Limits end a module") func limitsEndAModule() throws {
        let endless = "(module (func (export \"_start\") (loop (br 0))))"
        let late = try run(endless, ["--timeout", "700ms"])
        #expect(late.status == 134)
        #expect(late.errors.contains("the module was ended after 0.7 seconds; '--timeout' sets how long it may run"))
        let big = "(module (memory 100) (func (export \"_start\")))"
        let refused = try run(big, ["--max-memory", "1MiB"])
        #expect(refused.status == 134)
        #expect(refused.errors.contains("memory"))
        #expect(try run(big, ["--max-memory", "lots"]).status == 2)
    }

    @Test("The deadline wakes a module that waits for its input") func theDeadlineWakesAModuleThatWaitsForItsInput()
        throws
    {
        let file = try directory.write(
            """
            (module
              (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (func (export "_start")
                (i32.store (i32.const 0) (i32.const 64))
                (i32.store (i32.const 4) (i32.const 9))
                (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
                (loop (br 0))))
            """, to: "reader.wat")
        let result = try Program.run(["run", "--timeout", "100ms", file.path], keepsInputOpen: true)
        #expect(result.status == 134)
        #expect(result.errors.contains("--timeout"))
        // It is the guest that was ended, not the process around it: its calls are told.
        #expect(result.errors.contains("0: "))
    }

    @Test("The deadline wakes a module that opens a pipe") func theDeadlineWakesAModuleThatOpensAPipe() throws {
        #expect(mkfifo("\(directory.path)/p", 0o600) == 0)
        let module = Self.command(
            """
            (i32.store8 (i32.const 0) (i32.const 112))
            (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
              (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))
            """)
        let result = try run(module, ["--timeout", "100ms", "--dir", directory.path])
        #expect(result.status == 134)
        #expect(result.errors.contains("--timeout"))
        #expect(result.errors.contains("0: "))
    }

    @Test("Calls are traced") func callsAreTraced() throws {
        let module = Self.command(
            """
            (i32.store8 (i32.const 64) (i32.const 33))
            (call $print (i32.const 64) (i32.const 1))
            (call $exit (i32.const 3))
            """)
        let result = try run(module, ["--trace"])
        #expect(result.status == 3)
        #expect(result.output == "!")
        #expect(
            result.errors == """
                ==> _start()
                  ==> fd_write(fd=1, iovs="!")
                  <== success, nwritten=1
                  ==> proc_exit(code=3)
                  <== the module ends, with code 3

                """)
        let all = try run(module, ["--trace-all"])
        #expect(all.errors.contains("\n  ==> print(64, 1)\n    ==> fd_write("))
        #expect(all.errors.contains("nwritten=1\n  <==\n"))
        let sum = try run(
            "(module (func (export \"add\") (param i32 i64) (result i64) (i64.extend_i32_s (local.get 0))))",
            ["--trace", "--invoke", "add"], ["-1", "5"])
        #expect(sum.errors == "==> add(-1, 5)\n<== -1\n")
    }

    @Test("Limits that were reached are named with their options") func limitsThatWereReachedAreNamedWithTheirOptions()
        throws
    {
        let memory = Self.command("(drop (memory.grow (i32.const 100))) unreachable")
        let refused = try run(memory, ["--max-memory", "1MiB"])
        #expect(refused.status == 134)
        #expect(refused.errors.contains("1048576 bytes of linear memory was reached; '--max-memory' raises it"))
        // A program that gives up by itself.
        let exit = try run(
            Self.command("(drop (memory.grow (i32.const 100))) (call $exit (i32.const 3))"), ["--max-memory", "1MiB"])
        #expect(exit.status == 3)
        #expect(
            exit.errors == "note: the limit of 1048576 bytes of linear memory was reached; '--max-memory' raises it\n")
        let deep = try run("(module (func $f (export \"_start\") (call $f)))", ["--max-stack", "100KiB"])
        #expect(deep.errors.contains("call stack exhausted: the limit of 102400 bytes of stack"))
        #expect(deep.errors.contains("'--max-stack' raises it"))
        let files = try run(
            Self.command(
                """
                (i32.store8 (i32.const 0) (i32.const 120))
                (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 2)
                  (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 32)))
                (call $exit (i32.const 1))
                """), ["--max-open-files", "4", "--dir", directory.path])
        #expect(files.errors == "note: the limit of 4 open files was reached; '--max-open-files' raises it\n")
    }

    @Test("What cannot be run is explained") func whatCannotBeRunIsExplained() throws {
        let imports = "(import \"env\" \"f\" (func)) (import \"env\" \"g\" (func))"
        let unknown = try run("(module \(imports) (func (export \"_start\")))")
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains("env.f") && unknown.errors.contains("env.g"))
        let broken = try run("(module\n  (func (export \"_start\") (i32.const 1)))")
        #expect(broken.status == 1)
        #expect(broken.errors.contains("module.wat"))
        #expect(try Program.run(["run", directory.path + "/none.wasm"]).errors.contains("none.wasm"))
        #expect(try Program.run(["run"]).status == 2)
    }

    @Test("A module sends requests to the hosts that are allowed, and is told how to allow another one")
    func outboundRequests() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        // Its exit code is that of the function: 7 for a host that is not allowed.
        let module = """
            (module
              (import "wasi_experimental_http" "req"
                (func $request (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
              \(Self.imports)
              (data (i32.const 1024) "\(url)hello") (data (i32.const 2048) "GET")
              (func (export "_start")
                (call $exit (call $request (i32.const 1024) (i32.const \(url.utf8.count + 5)) (i32.const 2048) (i32.const 3)
                  (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 16) (i32.const 24)))))
            """
        let refused = try run(module)
        #expect(refused.status == 7)
        #expect(refused.errors.contains("--allow-outbound"), "\(refused.errors)")
        #expect(try run(module, ["--allow-outbound", url]).status == 0)
        #expect(sandbox.isRunning)
    }
}
