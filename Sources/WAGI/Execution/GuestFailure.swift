import HTTP
import Platform
import WASI
import WebAssembly
import WebAssemblyRuntime

/// How a run of a guest ended when it did not end well.
enum GuestFailure: Error, CustomStringConvertible {
    /// There is no such function, or it takes arguments. A module may have a start section in its place.
    case notAFunction(name: String, exports: [String], hasStart: Bool)
    /// A component has nothing that answers requests, or not what was asked for.
    case noEntrypoint(String)
    /// A command that is a component has said that it failed.
    case failed
    /// A component has come to its end without a response, or with one that is not whole.
    case noResponse(String)
    case trap(Trap)
    /// It called `proc_exit` with a code other than 0, from where the trap says.
    case exit(code: UInt32, Trap)
    /// Perhaps in a wait for the client.
    case timedOut(Duration, ClientWait? = nil)
    case responseTooLarge(limit: Int64)

    /// What a trap comes to; `nil` for a program that has ended itself in success.
    ///
    /// - Throws: the error of a host function unchanged.
    init?(_ trap: Trap) throws {
        guard case .host(let hostError) = trap.kind else {
            self = .trap(trap)
            return
        }
        guard let exit = hostError as? ProcessExit else { throw hostError }
        guard exit.code != 0 else { return nil }
        self = .exit(code: exit.code, trap)
    }

    /// What happened, and the limits that had refused the module something.
    func description(after limits: [String]) -> String {
        limits.isEmpty ? description : "\(limits.joined(separator: "; ")); \(description)"
    }

    /// The same, with the places that only the modules' source maps know.
    func located(by maps: SourceMaps) -> GuestFailure {
        switch self {
        case .trap(let trap): .trap(trap.located(by: maps))
        case .exit(let code, let trap): .exit(code: code, trap.located(by: maps))
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
        case .noEntrypoint(let problem): problem
        case .failed: "the component ended with an error: its function 'run' has returned one"
        case .noResponse(let problem): problem
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
