import SandboxProtocol
import Synchronization

@testable import Sandbox

/// A process that does nothing but remember what it is told.
final class RememberingWorker: WorkerHandle {
    let sent = Mutex<[LauncherMessage]>([])
    private let end = Atomic(false)

    func send(_ message: LauncherMessage, with descriptors: [Int32]) { sent.withLock { $0.append(message) } }
    func showRequests() {}
    func kill() { end.store(true, ordering: .relaxed) }
    var isKilled: Bool { end.load(ordering: .relaxed) }

    /// What it was told, in words.
    var words: [String] {
        sent.withLock { messages in
            messages.compactMap { message in
                switch message {
                // A channel's content is no revision.
                case .load(let load): "load \(load.revision > 0 ? String(load.revision) : load.bindle)"
                case .hosts(.only(let host)): "only \(host)"
                case .hold: "hold"
                case .serve: "serve"
                case .drain: "drain"
                case .handOver: "handOver"
                default: nil
                }
            }
        }
    }
}
