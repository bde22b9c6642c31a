import Synchronization
import Testing
import WASI
import WebAssembly
import WebAssemblyRuntime
import WebAssemblyText

/// WASI as a module meets it: through its imports.
@Suite struct LinkingTests {
    private static let linker: Linker = {
        var linker = Linker()
        linker.defineWASI()
        return linker
    }()

    private static func link(_ text: String) throws -> LinkedModule {
        try linker.link(Module(bytes: assemble(text)))
    }

    /// Calls `run` of a module and returns its `i32`.
    private static func run(
        _ text: String, _ configuration: WASIConfiguration = WASIConfiguration()
    ) throws -> UInt32? {
        let store = Store(hostState: WASIContext(configuration))
        let function = try #require(try link(text).instantiate(in: store).function(named: "run"))
        guard case .i32(let result)? = try function.call().first else { return nil }
        return result
    }

    /// The types of the specification; `4` stands for `i32` and `8` for `i64`.
    private static let common: [(String, String)] = [
        ("args_get", "44"), ("args_sizes_get", "44"), ("environ_get", "44"), ("environ_sizes_get", "44"),
        ("clock_res_get", "44"), ("clock_time_get", "484"), ("fd_advise", "4884"), ("fd_allocate", "488"),
        ("fd_close", "4"), ("fd_datasync", "4"), ("fd_fdstat_get", "44"), ("fd_fdstat_set_flags", "44"),
        ("fd_fdstat_set_rights", "488"), ("fd_filestat_get", "44"), ("fd_filestat_set_size", "48"),
        ("fd_filestat_set_times", "4884"), ("fd_pread", "44484"), ("fd_prestat_get", "44"),
        ("fd_prestat_dir_name", "444"), ("fd_pwrite", "44484"), ("fd_read", "4444"), ("fd_readdir", "44484"),
        ("fd_renumber", "44"), ("fd_seek", "4844"), ("fd_sync", "4"), ("fd_tell", "44"), ("fd_write", "4444"),
        ("path_create_directory", "444"), ("path_filestat_get", "44444"), ("path_filestat_set_times", "4444884"),
        ("path_link", "4444444"), ("path_open", "444448844"), ("path_readlink", "444444"),
        ("path_remove_directory", "444"), ("path_rename", "444444"), ("path_symlink", "44444"),
        ("path_unlink_file", "444"), ("poll_oneoff", "4444"), ("proc_raise", "4"), ("sched_yield", ""),
        ("random_get", "44"), ("sock_recv", "444444"), ("sock_send", "44444"), ("sock_shutdown", "44"),
    ]

    @Test(
        "Every function of the specification has its type",
        arguments: [("wasi_snapshot_preview1", [("sock_accept", "444")]), ("wasi_unstable", [])])
    func everyFunctionOfTheSpecificationHasItsType(_ module: String, _ own: [(String, String)]) throws {
        let imports = (Self.common + own).map { name, parameters in
            let types = parameters.map { $0 == "4" ? "i32" : "i64" }.joined(separator: " ")
            return "(import \"\(module)\" \"\(name)\" (func (param \(types)) (result i32)))"
        }
        let exit = "(import \"\(module)\" \"proc_exit\" (func (param i32)))"
        #expect(throws: Never.self) { try Self.link("(module \(imports.joined()) \(exit))") }
    }

    @Test("Output reaches its stream") func outputReachesItsStream() throws {
        let bytes = Mutex<[UInt8]>([])
        let configuration = WASIConfiguration(standardOutput: .output { output in bytes.withLock { $0 += output } })
        let result = try Self.run(
            """
            (module
              (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 0) "\\10\\00\\00\\00\\05\\00\\00\\00")
              (data (i32.const 16) "hello")
              (func (export "run") (result i32)
                (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
            """, configuration)
        #expect(result == 0)
        #expect(String(decoding: bytes.withLock { $0 }, as: UTF8.self) == "hello")
    }

    @Test("Exiting ends the call with the code") func exitingEndsTheCallWithTheCode() throws {
        let trap = #expect(throws: Trap.self) {
            try Self.run(
                """
                (module
                  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                  (memory (export "memory") 1)
                  (func (export "run") (result i32) (call $exit (i32.const 42)) (unreachable)))
                """)
        }
        #expect(trap?.hostError as? ProcessExit == ProcessExit(code: 42))
        #expect(trap?.frames.count == 1)
    }

    @Test("The memory that counts is the one at the time of the call")
    func theMemoryThatCountsIsTheOneAtTheTimeOfTheCall() throws {
        let module = """
            (module
              (import "wasi_unstable" "random_get" (func $random (param i32 i32) (result i32)))
              (memory (export "memory") 1)
              (func (export "run") (result i32)
                (if (i32.ne (call $random (i32.const 65530) (i32.const 16)) (i32.const 21))
                  (then (return (i32.const -1))))
                (drop (memory.grow (i32.const 1)))
                (call $random (i32.const 65530) (i32.const 16))))
            """
        #expect(try Self.run(module) == 0)
    }

    @Test("A module without memory has no valid address") func aModuleWithoutMemoryHasNoValidAddress() throws {
        let module = """
            (module
              (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
              (func (export "run") (result i32) (call $random (i32.const 0) (i32.const 1))))
            """
        #expect(try Self.run(module) == 21)
    }

    @Test("A store without a context is a mistake that is told") func aStoreWithoutAContextIsAMistakeThatIsTold() throws
    {
        let linked = try Self.link(
            """
            (module
              (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
              (func (export "run") (result i32) (call $yield)))
            """)
        let function = try #require(try linked.instantiate(in: Store()).function(named: "run"))
        let trap = #expect(throws: Trap.self) { try function.call() }
        #expect("\(try #require(trap?.hostError))".contains("sched_yield"))
    }

    /// Keeps more than WASI for its guests.
    private final class RequestState: WASIContextHolder {
        let wasiContext = WASIContext(WASIConfiguration(arguments: ["a", "b"]))
    }

    @Test("The context may be held by another object") func theContextMayBeHeldByAnotherObject() throws {
        let linked = try Self.link(
            """
            (module
              (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
              (memory (export "memory") 1)
              (func (export "run") (result i32)
                (drop (call $sizes (i32.const 0) (i32.const 4)))
                (i32.load (i32.const 0))))
            """)
        let store = Store(hostState: RequestState())
        let function = try #require(try linked.instantiate(in: store).function(named: "run"))
        #expect(try function.call() == [.i32(UInt32(2))])
    }

    @Test("Unknown imports are listed with advice") func unknownImportsAreListedWithAdvice() throws {
        let error = #expect(throws: LinkError.self) {
            try Self.link(
                """
                (module
                  (import "env" "puts" (func (param i32)))
                  (import "env" "abort" (func))
                  (import "wasi:cli/stdout@0.2.0" "get-stdout" (func (result i32)))
                  (import "wasi_snapshot_preview1" "fd_dup" (func (param i32) (result i32)))
                  (import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32))))
                """)
        }
        let found = try #require(error)
        #expect(found.problems.count == 5)
        for name in ["env.puts", "env.abort", "get-stdout", "fd_dup", "fd_close"] {
            #expect(found.description.contains(name))
        }
        let advice = WASIAdvice.lines(for: found)
        #expect(advice.count == 4)
        #expect(advice.contains { $0.contains("link the missing functions") && !$0.contains("Emscripten") })
        #expect(advice.contains { $0.contains("AssemblyScript") && $0.contains("--use abort=") })
        #expect(advice.contains { $0.contains("wasm-tools component new") })
        #expect(advice.contains { $0.contains("fd_dup") })
    }

    @Test(
        "Advice fits the toolchain",
        arguments: [
            ("abort", "AssemblyScript"), ("seed", "AssemblyScript"), ("console.log", "AssemblyScript"),
            ("emscripten_resize_heap", "Emscripten"), ("invoke_vii", "Emscripten"), ("puts", "link the missing"),
        ])
    func adviceFitsTheToolchain(name: String, word: String) throws {
        let error = try #require(throws: LinkError.self) {
            try Self.link("(module (import \"env\" \"\(name)\" (func)))")
        }
        let advice = WASIAdvice.lines(for: error)
        #expect(advice.count == 1 && advice[0].contains(word), "\(advice)")
    }
}
