import Platform
import Synchronization

/// Sees to it that a stop is obeyed, whatever the loop is doing.
///
/// The loop takes a stop at once, and work that takes long looks at `Cancellation`. Where it is stuck all the same, in a
/// call of the system or of SQLite, this ends the WAGI processes in its place, once they have answered what is under way,
/// and then the process.
///
/// See Handover.md in Sandbox.docc.
final class StopGuard: Sendable {
    private struct State {
        var workers: [WorkerSupervisor.WorkerID: WorkerProcess] = [:]
        var ended: Set<WorkerSupervisor.WorkerID> = []
        var actions: [@Sendable (String) -> Void] = []
        var isObeyed = false
    }

    private let state = Mutex(State())
    /// How long the loop may take to obey.
    private static let patience = Duration.milliseconds(120)
    private static let pollInterval: UInt32 = 2_000

    /// A process has been started that has to be ended.
    func add(_ process: WorkerProcess, _ worker: WorkerSupervisor.WorkerID) {
        state.withLock { state in
            // Its end may have been told before.
            if state.ended.remove(worker) == nil { state.workers[worker] = process }
        }
    }

    /// A process has ended.
    func remove(_ worker: WorkerSupervisor.WorkerID) {
        state.withLock { state in
            if state.workers.removeValue(forKey: worker) == nil { state.ended.insert(worker) }
        }
    }

    /// Something to be done before the process ends, with why it does; the last one first.
    func onEnd(_ action: @escaping @Sendable (String) -> Void) {
        state.withLock { $0.actions.append(action) }
    }

    /// The loop obeys, and ends by itself.
    func obey() {
        state.withLock { $0.isObeyed = true }
    }

    /// A stop has been asked for. Returns at once.
    func watch(_ reason: String) {
        SystemThread.detach(name: "stop", stackSize: 512 << 10) { [self] in
            guard !waits(until: .now + Self.patience, { $0.isObeyed }) else { return }
            for process in state.withLock({ Array($0.workers.values) }) { process.send(.drain) }
            _ = waits(until: .now + SandboxLoop.stopPatience) { $0.isObeyed || $0.workers.isEmpty }
            // The loop may have come to it meanwhile.
            if state.withLock({ $0.isObeyed }) { return }
            for action in state.withLock({ $0.actions }).reversed() { action(reason) }
            _exit(0)
        }
    }

    /// Waits until a condition holds; false if the deadline passes before.
    private func waits(until deadline: MonotonicTime, _ condition: (State) -> Bool) -> Bool {
        while !state.withLock({ condition($0) }) {
            if MonotonicTime.now >= deadline { return false }
            usleep(Self.pollInterval)
        }
        return true
    }
}
