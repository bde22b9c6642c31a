import Foundation
import Platform

/// A program that runs WASI modules.
enum Engine: String, CaseIterable {
    case hippoDev = "hippo-dev"
    case wasmkit
    /// Its optimising compiler, through its Python package.
    case wasmtime
    /// Its compiler of one pass.
    case wasmtimeBaseline = "wasmtime-baseline"
    case node

    struct Unavailable: Error, CustomStringConvertible {
        let description: String
    }

    /// The milliseconds that `module` takes with `arguments`: those of the whole process for an engine that is a program
    /// of its own, and those of compiling and running for one that is hosted by another language's runtime.
    func milliseconds(module: URL, arguments: [String], programs: Programs) throws -> Double {
        let result: TimedProcess
        let isHosted: Bool
        switch self {
        case .hippoDev:
            result = try .run(programs.hippoDev, ["run", module.path] + arguments)
            isHosted = false
        case .wasmkit:
            result = try .run(programs.wasmkit, ["run", module.path] + arguments)
            isHosted = false
        case .wasmtime, .wasmtimeBaseline:
            let script = Programs.peersDirectory.appendingPathComponent("run-wasmtime.py").path
            let compiler = self == .wasmtime ? "optimising" : "baseline"
            result = try .run(programs.python, [script, compiler, module.path] + arguments)
            isHosted = true
        case .node:
            let script = Programs.peersDirectory.appendingPathComponent("run-node.mjs").path
            result = try .run(programs.node, ["--no-warnings", script, module.path] + arguments)
            isHosted = true
        }
        guard result.exitCode == 0 else {
            throw Unavailable(
                description: "\(rawValue) on \(module.lastPathComponent) ended with \(result.exitCode): "
                    + result.standardError.suffix(300))
        }
        guard isHosted else { return result.milliseconds }
        let parts = (result.standardError.split(separator: "\n").last ?? "").split(separator: " ").compactMap {
            Double($0)
        }
        guard parts.count == 2 else {
            throw Unavailable(description: "\(rawValue) told no times: \(result.standardError.suffix(300))")
        }
        return parts[0] + parts[1]
    }
}
