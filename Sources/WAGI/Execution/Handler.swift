import Bindle
import HTTP
import Platform
import WASI
import WASIExperimentalHTTP
import WebAssembly
import WebAssemblyRuntime

/// A route that can be served: a module, linked, and the function of it to call.
struct Handler: Sendable {
    /// The route that requests are matched with: the module's, or that of a sub-route.
    let route: Route
    let module: LinkedModule
    let moduleName: String
    let function: String
    let argumentTemplate: String?
    let preopens: [Preopen]
    /// Where the module may send requests; nil when it cannot send any.
    let outboundHTTP: OutboundHTTPPolicy?
    /// Requests to sub-routes are logged with their module's.
    let log: RouteLog
    /// What of the environment is the same for all requests.
    let environment: CGIEnvironment.Constants
}

extension LinkedModule {
    /// Whether the module imports the functions for outbound HTTP.
    var sendsRequests: Bool { module.imports.contains { $0.module == Linker.outboundHTTPModuleName } }

    /// Runs one function in an instance of its own, after `_initialize` if the module is a reactor.
    ///
    /// - Parameter whenReady: called when the instance is there.
    /// - Throws: `GuestFailure`; the error of a host function unchanged.
    func run(_ function: String, in store: Store, whenReady: () -> Void = {}) throws {
        if let failure = missing(function) { throw failure }
        do {
            let instance = try instantiate(in: store)
            whenReady()
            if function != "_start", isFunctionToRun("_initialize") {
                try instance.function(named: "_initialize")?.call()
            }
            try instance.function(named: function)?.call()
        } catch {
            guard case .host(let hostError) = error.kind else { throw GuestFailure.trap(error) }
            guard let exit = hostError as? ProcessExit else { throw hostError }
            if exit.code != 0 { throw GuestFailure.exit(code: exit.code, error) }
        }
    }

    /// What a call of this function would come to at once; `nil` if the module has it.
    func missing(_ function: String) -> GuestFailure? {
        guard !isFunctionToRun(function) else { return nil }
        return .notAFunction(
            name: function, exports: module.exports.filter { $0.kind == .function }.map(\.name),
            hasStart: module.startFunction != nil)
    }

    /// Whether the module exports a function of this name that takes no arguments.
    private func isFunctionToRun(_ name: String) -> Bool {
        guard let export = module.export(named: name), export.kind == .function else { return false }
        return module.functionType(of: Int(export.index)).parameters.isEmpty
    }
}

/// How a run of a module ended when it did not end well.
enum GuestFailure: Error, CustomStringConvertible {
    /// There is no such function, or it takes arguments. A module may have a start section in its place.
    case notAFunction(name: String, exports: [String], hasStart: Bool)
    case trap(Trap)
    /// It called `proc_exit` with a code other than 0, from where the trap says.
    case exit(code: UInt32, Trap)
    /// Perhaps in a wait for the client.
    case timedOut(Duration, ClientWait? = nil)
    case responseTooLarge(limit: Int64)

    /// What happened, and the limits that had refused the module something.
    func description(after limits: [String]) -> String {
        limits.isEmpty ? description : "\(limits.joined(separator: "; ")); \(description)"
    }

    /// The same, with the places that only the module's source map knows.
    func located(by map: SourceMap) -> GuestFailure {
        switch self {
        case .trap(let trap): .trap(trap.located(by: map))
        case .exit(let code, let trap): .exit(code: code, trap.located(by: map))
        default: self
        }
    }

    /// Where in the module it happened.
    var trap: Trap? {
        switch self {
        case .trap(let trap), .exit(_, let trap): trap
        default: nil
        }
    }

    var description: String {
        switch self {
        case .notAFunction(let name, let exports, let hasStart):
            "the module has no function '\(name)' without parameters; it exports "
                + (exports.isEmpty ? "none" : exports.sorted().joined(separator: ", "))
                + (hasStart
                    ? ". Its start section runs before there is a request: AssemblyScript makes a function of it by "
                        + "asc --exportStart \(name)" : "")
        case .trap(let trap): "the module trapped: \(trap)"
        case .exit(let code, let trap):
            "the module ended itself with exit code \(code)" + (trap.callerPlace.map { ", called from \($0)" } ?? "")
        case .timedOut(let limit, let wait):
            "the module was stopped after \(limit.milliseconds.rounded() / 1000) seconds, its limit"
                + (wait.map { $0.description } ?? "") + ": --timeout sets another"
        case .responseTooLarge(let limit):
            "the module was stopped because its response exceeds \(limit) bytes, its limit: --max-response sets another"
        }
    }
}

extension ClientWait {
    fileprivate var description: String {
        switch self {
        case .requestBody: ", while it waited for the client to send the request's body"
        case .response: ", while it waited for the client to take the response"
        }
    }
}

extension Trap {
    /// The innermost place in the user's own source; `nil` where it is not known.
    fileprivate var callerPlace: String? {
        frames.first { $0.sourceLocation != nil && !$0.isOfLibrary }?.sourceLocation?.description
    }
}

extension Trap.Frame {
    /// Whether it is a call in a language's library: AssemblyScript's, Rust's, Go's, Zig's, the C library for WASI; or in
    /// the function that a program ends itself by.
    var isOfLibrary: Bool {
        let name = functionName.map(FilePath.name)
        return name == "abort" || Self.libraries.contains { sourceLocation?.file.contains($0) == true }
    }

    private static let libraries = [
        "~lib/", "node_modules/", "/rustc/", "/.cargo/registry/", "/go/src/", "/lib/std/", "/usr/share/", "wasi-libc",
        "libc-bottom-half/", "libc-top-half/",
    ]
}
