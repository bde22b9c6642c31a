import Bindle
import HTTP
import Hippofacts
import Platform
import SandboxProtocol

/// A WAGI process beside the one that serves the working copy: it serves one content of the store, such as a revision's
/// or a release's, to those who reach it through a queue of connections of its own.
///
/// A `Client` whose configuration names that queue reaches it. It ends with this object's last reference, or with the
/// sandbox. See Handover.md in Sandbox.docc.
final class SideProcess: Sendable {
    /// Why it does not serve.
    struct Failed: Error, CustomStringConvertible {
        /// What the process has said of it; without a place where the process has said nothing.
        let failure: WorkerFailure
        var description: String { failure.message }
    }

    /// What it serves, and what it says of it.
    struct Service: Sendable {
        /// The content as the store has it, and when each parcel's came under its name, in nanoseconds since 1970.
        let content: (invoice: Invoice, times: [Int64])
        /// The file of the store.
        let store: String
        /// The directory of the project whose content it is, whose files stand in where the store is damaged.
        var project: String?
        /// The sandbox's Bindle server, `/v1` included: guests may not send requests there.
        let bindleURL: String
        /// What its requests in the log are of; at least 1.
        var revision = 1
        let configuration: WorkerConfiguration
        /// Variables of the environment that it gets though their names are those of secrets.
        var passedVariables: Set<String> = []
    }

    /// What has become of the process.
    private struct Progress {
        var lastSign = MonotonicTime.now
        var outcome: Outcome?
        var warnings: [String] = []
        var end: ChildProcess.Exit?
    }

    private enum Outcome {
        case ready([StageTiming])
        case failed(WorkerFailure)
    }

    /// Tells the process's progress to those who wait for it.
    ///
    /// Sendable because its contents are used under the monitor's lock only.
    private final class Observer: @unchecked Sendable {
        private let monitor = Monitor()
        private var progress = Progress()

        func note(_ event: WorkerProcess.Event) {
            monitor.withLock {
                progress.lastSign = .now
                switch event {
                case .message(.alive), .message(.prepared), .message(.hostsTaken): break
                case .message(.warning(let text)): progress.warnings.append(text)
                case .message(.ready(_, let timings)): progress.outcome = progress.outcome ?? .ready(timings)
                case .message(.failed(let failure)): progress.outcome = progress.outcome ?? .failed(failure)
                case .ended(let exit):
                    let failure = WorkerFailure(message: "The WAGI process ended before it was ready: \(exit).")
                    progress.outcome = progress.outcome ?? .failed(failure)
                    progress.end = exit
                }
                monitor.broadcast()
            }
        }

        /// Waits until the process is ready, or has failed; fails itself when nothing has been heard of it for so long.
        func outcome(patience: Duration) -> Outcome {
            monitor.withLock {
                while true {
                    if let outcome = progress.outcome { return outcome }
                    let limit = progress.lastSign + patience
                    guard monitor.wait(until: limit) || progress.lastSign + patience > .now else {
                        let silence = "gave no sign of life for \(Int(patience.seconds)) s while it loaded"
                        return .failed(WorkerFailure(message: "The WAGI process \(silence)."))
                    }
                }
            }
        }

        var warnings: [String] { monitor.withLock { progress.warnings } }

        func end(until deadline: MonotonicTime) -> ChildProcess.Exit? {
            monitor.withLock {
                while progress.end == nil, monitor.wait(until: deadline) {}
                return progress.end
            }
        }
    }

    private let process: WorkerProcess
    private let observer = Observer()
    /// How long its start has taken, stage by stage.
    let timings: [StageTiming]

    /// Starts the process, and returns when it serves.
    ///
    /// - Parameters:
    ///   - surroundings: its queue of connections, which has to be there, and who reads its log. It needs neither a
    ///     board nor the queue of file changes: what it serves does not change.
    ///   - status: what its pages are told of the project; without one, they are left as they are.
    ///   - program: what is started, which is this program but for tests.
    /// - Throws: `Failed`; `AssetError` where the content's files cannot be served; `SystemError` where no process can be
    ///   started.
    init(
        _ service: Service, in surroundings: WorkerSurroundings, status: ProjectStatus? = nil,
        program: WorkerCommand = .thisProgram(arguments: [])
    ) throws {
        precondition(surroundings.connections != nil, "without a queue, nobody reaches the process")
        let started = MonotonicTime.now
        var contents = ServedContents(store: service.store, project: service.project)
        let served = try contents.replace(with: service.content.invoice, times: service.content.times)
        var command = program
        command.configuration = service.configuration
        command.passedVariables = service.passedVariables
        process = try WorkerProcess(command: command, listeningSocket: nil, surroundings: surroundings) {
            [observer] in observer.note($0)
        }
        let load = LauncherMessage.Load(
            bindle: service.content.invoice.id.description, bindleURL: service.bindleURL, revision: service.revision,
            content: served.message)
        process.send(.load(load), with: served.descriptors)
        switch observer.outcome(patience: WorkerSupervisor.signPatience) {
        case .ready(let timings):
            let launch = StageTiming(
                stage: "launch",
                milliseconds: (MonotonicTime.now - started).milliseconds)
            self.timings = [launch] + timings
        case .failed(let failure):
            process.kill()
            throw Failed(failure: failure)
        }
        if let status { process.send(.status(status)) }
        process.send(.serve)
        process.showRequests()
    }

    deinit { process.kill() }

    /// What is odd about the content, in sentences.
    var warnings: [String] { observer.warnings }

    /// Lets it finish the requests that have begun, and end. Returns at once.
    func drain() { process.send(.drain) }

    /// Ends it at once.
    func kill() { process.kill() }

    /// Waits for its end; all that it has logged has been handed on then.
    ///
    /// - Returns: `nil` if the deadline passes before.
    func end(until deadline: MonotonicTime) -> ChildProcess.Exit? { observer.end(until: deadline) }
}
