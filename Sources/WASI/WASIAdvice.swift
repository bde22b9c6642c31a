import WebAssembly
package import WebAssemblyRuntime

/// Says what to do about imports that neither edition of WASI has: where a module of that name comes from, and how to
/// build one that runs here.
package enum WASIAdvice {
    /// A line for each kind of import in `error` that is known to be asked for.
    package static func lines(for error: LinkError) -> [String] {
        var lines: [String] = []
        for problem in error.problems where problem.reason == .unknown {
            if let line = line(for: problem.wanted), !lines.contains(line) { lines.append(line) }
        }
        return lines
    }

    /// What to do about an import from `env`, which is where several toolchains look for what no library has.
    private static func environmentLine(for name: String) -> String {
        if assemblyScriptNames.contains(name) || name.hasPrefix("console.") {
            return
                "\"env\" \"\(name)\" is imported by AssemblyScript without its WASI shim: build with the shim "
                + "(@assemblyscript/wasi-shim), or let a function of yours take its place "
                + "(asc --use \(name)=assembly/FILE/\(name))"
        }
        if name.hasPrefix("emscripten_") || name.hasPrefix("invoke_") || name.hasPrefix("__syscall_") {
            return
                "\"env\" \"\(name)\" is imported by modules that were built for Emscripten: build for WASI "
                + "(wasm32-wasi, wasm32-wasip1)"
        }
        return
            "\"env\" is where toolchains import what no library defined: link the missing functions, and build for WASI "
            + "(wasm32-wasi, wasm32-wasip1)"
    }

    /// What AssemblyScript imports from `env`.
    private static let assemblyScriptNames: Set<String> = ["abort", "trace", "seed", "Date.now", "performance.now"]

    private static func line(for wanted: Import) -> String? {
        switch wanted.module {
        case "wasi_snapshot_preview1", "wasi_unstable":
            "WASI has no function \"\(wanted.name)\": the module was built for an extension of it"
        case "wasi":
            "\"wasi\" is imported by modules that use threads (\"thread-spawn\"): build without threads"
        case "env": environmentLine(for: wanted.name)
        case "gojs", "go":
            "the module was built by Go for browsers: build with GOOS=wasip1 GOARCH=wasm"
        case "wasix_32v1", "wasix_64v1":
            "the module was built for WASIX: build for WASI preview 1"
        case "wasi_experimental_http":
            "outbound HTTP (\"wasi_experimental_http\") is offered to WAGI handlers only"
        case let name where name.hasPrefix("wasi:"):
            "the module is the core of a component that has not been made of it: make it by 'wasm-tools component new', or "
                + "build for WASI preview 1 (wasm32-wasip1)"
        case let name where name.hasPrefix("wbg") || name.hasPrefix("__wbindgen") || name.hasPrefix("./"):
            "the module was built by wasm-bindgen for JavaScript: build for wasm32-wasip1, without wasm-bindgen"
        default:
            nil
        }
    }
}
