import Foundation
import Synchronization
import TestSupport
import WASI
import WebAssembly
import WebAssemblyRuntime

/// A C program that is built for WASI by clang with wasi-libc, and run.
struct CProgram {
    struct Result {
        let exitCode: UInt32
        let output: String
    }

    private static let library = "/usr/lib/wasm32-wasi"

    /// The part of the C runtime that comes with the compiler.
    private static let builtins: String? = {
        let folder = "/usr/lib/llvm-14/lib/clang"
        return FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String }
            .first { $0.hasSuffix("libclang_rt.builtins-wasm32.a") }.map { folder + "/" + $0 }
    }()

    static let isAvailable =
        TestTool.find("clang") != nil && TestTool.find("wasm-ld") != nil && builtins != nil
        && FileManager.default.fileExists(atPath: library + "/libc.a")

    /// What a skipped test says.
    static let absence =
        "no C toolchain for WASI: install wasi-libc and libclang-rt-14-dev-wasm32 (Debian) beside clang and wasm-ld"

    let module: Module

    init(_ source: String) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(source, to: "program.c")
        let output = directory.path + "/program.wasm"
        guard let clang = TestTool.find("clang"), let linker = TestTool.find("wasm-ld"), let builtins = Self.builtins
        else { throw TestTool.Failure(Self.absence) }
        try TestTool.run(
            clang,
            [
                "--target=wasm32-wasi", "-O1", "-nostdlib", "-isystem", "/usr/include/wasm32-wasi",
                "-fuse-ld=\(linker.path)", Self.library + "/crt1-command.o", file.path, "-L" + Self.library, "-lc",
                builtins, "-o", output,
            ])
        module = try Module(binary: ModuleBinary(contentsOfFile: output))
    }

    /// Runs the program to its end; what it writes to its standard output is returned.
    func run(
        _ arguments: [String] = [], environment: [(String, String)] = [], input: String = "", preopens: [Preopen] = []
    ) throws -> Result {
        let output = Mutex<[UInt8]>([])
        let rest = Mutex(Array(input.utf8)[...])
        let configuration = WASIConfiguration(
            arguments: ["program"] + arguments, environment: environment, preopens: preopens,
            standardInput: .input { buffer in
                rest.withLock { rest in
                    let part = rest.prefix(buffer.count)
                    buffer.copyBytes(from: part)
                    rest = rest.dropFirst(part.count)
                    return part.count
                }
            },
            standardOutput: .output { bytes in output.withLock { $0 += bytes } })
        var linker = Linker()
        linker.defineWASI()
        let store = Store(hostState: WASIContext(configuration))
        var exitCode: UInt32 = 0
        do {
            try linker.link(module).instantiate(in: store).function(named: "_start")?.call()
        } catch let trap as Trap {
            guard let exit = trap.hostError as? ProcessExit else { throw trap }
            exitCode = exit.code
        }
        return Result(exitCode: exitCode, output: String(decoding: output.withLock { $0 }, as: UTF8.self))
    }
}
