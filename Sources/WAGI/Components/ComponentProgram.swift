import ComponentModel
import Platform
import Synchronization
import WASIHTTP
import WASIPreview2
import WebAssemblyRuntime

/// A component that answers requests, and how.
final class ComponentProgram: Sendable {
    /// What of a component is called for a request.
    enum Entry: Sendable {
        /// `handle` of `wasi:http/incoming-handler`: the component answers the request itself.
        case incomingHandler(ExportedFunction)
        /// A function without parameters, `run` of `wasi:cli/run` most often: the component is a CGI program.
        case command(ExportedFunction)
    }

    let linked: LinkedComponent
    /// `nil` where there is nothing to be called: see ``problem``.
    let entry: Entry?
    /// What is called, as it is named in logs and pages.
    let entrypoint: String
    /// Why there is nothing to be called.
    let problem: GuestFailure?
    /// How many requests an instance answers.
    let reuse: Int
    /// Whether it can find out what its environment and arguments are.
    let readsEnvironment: Bool
    /// Instances that wait for requests.
    private let idle = Mutex(IdleStack<ComponentGuest>(limit: 32))
    /// Whether a look at them is to come.
    private let isLookingAtIdle = Atomic(false)
    /// Instances that nobody has used for so long, or up to twice as long, go with their memory; one stays.
    private static let idleTime = Duration.seconds(10)

    /// - Parameters:
    ///   - entrypoint: the interface or the function to call; `nil` for what the component has: HTTP before a command.
    ///   - reuse: for components that answer requests themselves.
    init(_ linked: LinkedComponent, entrypoint: String?, reuse: Int) {
        self.linked = linked
        self.reuse = reuse
        readsEnvironment = linked.calledInterfaces.contains("wasi:cli/environment")
        let found = Self.find(entrypoint, in: linked)
        entry = found?.entry
        self.entrypoint = found?.name ?? entrypoint ?? Self.interfaces[0]
        problem = found == nil ? .noEntrypoint(Self.problem(of: linked, entrypoint)) : nil
    }

    /// The interfaces by which components answer requests, the first before the second.
    private static let interfaces = [HostInterface.httpIncomingHandlerName, "wasi:cli/run"]

    private static func find(
        _ entrypoint: String?, in linked: LinkedComponent
    ) -> (entry: Entry, name: String)? {
        for interface in interfaces {
            for export in linked.exports where names(export.name, interface) {
                if let entrypoint, entrypoint != export.name, entrypoint != interface { continue }
                let isHTTP = interface == interfaces[0]
                guard let function = linked.exportedFunction(ExportName(isHTTP ? "handle" : "run", in: export.name))
                else { continue }
                return (isHTTP ? .incomingHandler(function) : .command(function), interface)
            }
        }
        guard let entrypoint, let function = linked.exportedFunction(ExportName(entrypoint)),
            function.type.parameters.isEmpty
        else { return nil }
        return (.command(function), entrypoint)
    }

    /// Whether an export is the interface of this name in WASI 0.2.
    private static func names(_ export: String, _ interface: String) -> Bool {
        export.hasPrefix("\(interface)@0.2.") && !export.contains("-rc")
    }

    private static func problem(of linked: LinkedComponent, _ entrypoint: String?) -> String {
        let names = linked.exports.map(\.name)
        let exports = names.isEmpty ? "nothing" : names.map { "'\($0)'" }.joined(separator: ", ")
        if let entrypoint {
            return
                "the component exports no '\(entrypoint)' that could answer requests: an interface of WASI 0.2, or a "
                + "function without parameters. It exports \(exports)"
        }
        if names.contains(where: { $0.hasPrefix("wasi:http/") || $0.hasPrefix("wasi:cli/run") }) {
            return
                "the component answers requests by an interface that is not run here: build it for WASI 0.2 "
                + "(such as wasm32-wasip2). It exports \(exports)"
        }
        return
            "the component is a library: it exports neither wasi:http/incoming-handler nor wasi:cli/run, but \(exports)"
    }

    // MARK: Instances that are used again

    /// An instance that has answered requests and may answer more.
    func takeIdle() -> ComponentGuest? {
        guard reuse > 1 else { return nil }
        return idle.withLock { $0.take() }
    }

    /// Takes an instance back whose request is answered. One that has answered as many as it may goes.
    func giveBack(_ guest: ComponentGuest) {
        guard reuse > 1, guest.answeredCount < reuse, !guest.hasExited else { return }
        guest.rest()
        if idle.withLock({ $0.giveBack(guest) }) { lookAtIdleLater() }
    }

    private func lookAtIdleLater() {
        guard !isLookingAtIdle.exchange(true, ordering: .acquiringAndReleasing) else { return }
        SystemThread.detach(name: "idle instances", after: Self.idleTime) { [weak self] in
            guard let self else { return }
            isLookingAtIdle.store(false, ordering: .releasing)
            // They are let go after the lock.
            let (unused, hasMore) = idle.withLock { $0.takeUnused() }
            if hasMore { lookAtIdleLater() }
            withExtendedLifetime(unused) {}
        }
    }
}
