import Foundation
import WebAssemblyText

/// A program to run on every engine.
struct Guest {
    let name: String
    let module: URL
    let arguments: [String]

    struct BuildFailure: Error, CustomStringConvertible {
        let description: String
    }

    /// The names of the guests that stand in `Guests/`, in the order of the table.
    static let sources = ["hello.wat", "fib.wat", "sieve.c", "matrix.c", "sha256.c", "nbody.c", "json.c", "core.c"]

    /// Builds the guests of `Guests/` into `directory`.
    static func build(into directory: URL) throws -> [Guest] {
        try sources.map { source in
            let file = Programs.sourceDirectory.appendingPathComponent("Guests").appendingPathComponent(source)
            let name = file.deletingPathExtension().lastPathComponent
            let module = directory.appendingPathComponent(name + ".wasm")
            if file.pathExtension == "wat" {
                try Data(assemble([UInt8](Data(contentsOf: file)))).write(to: module)
            } else {
                try compile(file, to: module)
            }
            return Guest(name: name, module: module, arguments: [])
        }
    }

    /// Builds a handler of ordinary size into `directory`, and returns its path.
    static func page(into directory: URL) throws -> URL {
        let module = directory.appendingPathComponent("page.wasm")
        try compile(Programs.sourceDirectory.appendingPathComponent("Guests/page.c"), to: module)
        return module
    }

    /// Compiles a C file with clang and Debian's wasi-libc.
    static func compile(_ source: URL, to module: URL) throws {
        let llvm = "/usr/lib/llvm-14/lib/clang/14.0.6/lib/wasi/libclang_rt.builtins-wasm32.a"
        let library = "/usr/lib/wasm32-wasi"
        let result = try TimedProcess.run(
            "clang",
            [
                "--target=wasm32-wasi", "-isystem", "/usr/include/wasm32-wasi", "-O2", "-nostdlib", "-L\(library)",
                "\(library)/crt1-command.o", source.path, "-lc", "-lm", llvm, "-Wl,--strip-debug", "-o", module.path,
            ])
        guard result.exitCode == 0 else {
            throw BuildFailure(
                description: "clang on \(source.lastPathComponent), which wants the packages wasi-libc and "
                    + "libclang-rt-14-dev-wasm32: \(result.standardError)")
        }
    }

    /// Compiles a Rust file without optimisation, with the first compiler on the `PATH` that has WASI's library.
    static func compileRust(_ source: URL, to module: URL) throws {
        for compiler in Programs.findAll("rustc") {
            for target in ["wasm32-wasip1", "wasm32-wasi"] {
                let result = try TimedProcess.run(compiler, ["--target", target, "-o", module.path, source.path])
                if result.exitCode == 0 { return }
            }
        }
        throw BuildFailure(
            description: "no rustc on the PATH builds for WASI; Debian's does with the package libstd-rust-dev-wasm32")
    }

    /// Compiles a Go file.
    static func compileGo(_ source: URL, to module: URL) throws {
        guard let compiler = Programs.find("go") else { throw BuildFailure(description: "go is not on the PATH") }
        let result = try TimedProcess.run(
            "env", ["GOOS=wasip1", "GOARCH=wasm", compiler, "build", "-o", module.path, source.path])
        guard result.exitCode == 0 else { throw BuildFailure(description: "go: \(result.standardError)") }
    }

    /// The guests that the caller has a module for: QuickJS and CPython, each running a short script.
    static func interpreters(quickJS: URL?, cpython: URL?) -> [Guest] {
        let script = """
            let t = 0; for (let i = 0; i < 2000000; i++) { t = (t * 31 + i) % 65521 }; \
            const words = []; for (let i = 0; i < 20000; i++) words.push("w" + (i * 7919) % 10007); \
            words.sort(); print(t, words[100])
            """
        let program = """
            import json
            table = {str(n): n * n for n in range(50000)}
            text = json.dumps(table)
            print(sum(json.loads(text).values()), len(text))
            """
        var guests: [Guest] = []
        if let quickJS {
            guests.append(Guest(name: "QuickJS script", module: quickJS, arguments: ["-e", script]))
        }
        if let cpython {
            guests.append(Guest(name: "CPython print(1)", module: cpython, arguments: ["-c", "print(1)"]))
            guests.append(Guest(name: "CPython script", module: cpython, arguments: ["-c", program]))
        }
        return guests
    }
}
