import HTTP
import Platform
import SandboxProtocol

/// How a WAGI process is started.
///
/// See Handover.md in Sandbox.docc.
struct WorkerCommand: Sendable, Equatable {
    let executable: String
    /// The program's own name and its arguments. Those of a WAGI process are made of its descriptors.
    let name: String
    let arguments: [String]
    /// How a WAGI process serves; what it is told before anything else.
    var configuration: WorkerConfiguration?
    /// Variables of the environment that it gets though their names are those of secrets.
    var passedVariables: Set<String> = []

    /// This same program, with other arguments. The kernel finds it even when its file has been replaced meanwhile, as
    /// a rebuild of it does.
    static func thisProgram(arguments: [String]) -> WorkerCommand {
        WorkerCommand(
            executable: "/proc/self/exe", name: CommandLine.arguments.first ?? "hippo-dev", arguments: arguments)
    }
}

/// What all WAGI processes of a sandbox share, apart from the listening socket.
struct WorkerSurroundings: Sendable {
    var connections: ConnectionQueue?
    /// The queue to the sandbox, for connections whose requests are for another process.
    var switchboard: ConnectionQueue?
    /// `APP/CHANNEL` for the processes of a channel.
    var channel: String?
    var board: RevisionBoard?
    var changes: ChangeQueue?
    /// Reads what processes log.
    var requestLog: RequestLogCollector?
    /// Where processes keep requests.
    var recordings: RecordingMemory?

    /// The descriptors that a process is given, from this number on, and the arguments that tell it of them.
    ///
    /// - Parameter log: the process's own.
    fileprivate func descriptors(
        from first: Int32, log: RequestLogMemory?, _ arguments: inout WorkerArguments
    ) -> [(source: Int32, target: Int32)] {
        var given: [(source: Int32, target: Int32)] = []
        func give(_ source: Int32) -> Int32 {
            given.append((source, first + Int32(given.count)))
            return first + Int32(given.count) - 1
        }
        if let connections {
            let sending = give(connections.sendingDescriptor)
            arguments.connections = .init(sending: sending, receiving: give(connections.receivingDescriptor))
        }
        if let switchboard { arguments.switchboard = give(switchboard.sendingDescriptor) }
        if let board { arguments.board = give(board.fileDescriptor) }
        if let changes { arguments.changes = give(changes.fileDescriptor) }
        if let recordings { arguments.recordings = give(recordings.descriptor) }
        if let log = log?.descriptors {
            let memory = give(log.memory)
            arguments.log = .init(memory: memory, wakeUp: give(log.wakeUp))
        }
        return given
    }
}

/// A process that serves, as the supervisor knows it.
protocol WorkerHandle: Sendable {
    /// Sends a message. A process that is gone is reported by its end, not here.
    ///
    /// - Parameter descriptors: what comes along with it.
    func send(_ message: LauncherMessage, with descriptors: [Int32])
    /// Lets the requests be told that it has answered and answers: it is known by now that it serves.
    func showRequests()
    /// Ends the process at once. Its end is reported as any other.
    func kill()
}

extension WorkerHandle {
    func send(_ message: LauncherMessage) { send(message, with: []) }
}

/// A WAGI process that this one has started, and the channel to it.
///
/// It shares the listening socket. When this process ends, however it ends, the kernel closes the channel, and the WAGI
/// process ends too.
final class WorkerProcess: WorkerHandle {
    enum Event: Sendable {
        case message(WorkerMessage)
        /// The process is gone. Nothing comes after it.
        case ended(ChildProcess.Exit)
    }

    /// Descriptors in the process. Those below are standard input, output and error.
    private static let listenDescriptor: Int32 = 3
    private static let controlDescriptor: Int32 = 4

    private let child: ChildProcess
    private let channel: ControlChannel
    private let log: CollectedRequestLog?

    /// Starts a process. `onEvent` is called on a thread of its own.
    ///
    /// - Parameter listeningSocket: `nil` where the surroundings' queue is all that connections come through.
    init(
        command: WorkerCommand, listeningSocket: Int32?, surroundings: WorkerSurroundings,
        onEvent: @escaping @Sendable (Event) -> Void
    ) throws {
        var arguments = WorkerArguments(
            listen: listeningSocket == nil ? nil : Self.listenDescriptor, control: Self.controlDescriptor)
        let log = try surroundings.requestLog?.makeLog(channel: surroundings.channel)
        self.log = log
        let shared = surroundings.descriptors(from: Self.controlDescriptor + 1, log: log?.memory, &arguments)
        let (near, far) = try ControlChannel.pair()
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        do {
            child = try ChildProcess.spawn(
                executable: command.executable,
                name: command.name,
                arguments: command.configuration == nil ? command.arguments : arguments.arguments,
                environment: ChildEnvironment.current(passing: command.passedVariables),
                descriptors: [
                    // What the process itself has to say is for people; standard output may be a stream of JSON.
                    (null, 0), (STDERR_FILENO, 1), (STDERR_FILENO, 2), (far.fileDescriptor, Self.controlDescriptor),
                ] + (listeningSocket.map { [($0, Self.listenDescriptor)] } ?? []) + shared)
        } catch {
            log?.finish()
            throw error
        }
        channel = near
        if let configuration = command.configuration { send(.configure(configuration)) }
        SystemThread.detach(name: "worker") { [child] in
            // A channel that fails means the same as one that ends: nothing more can be known of the process.
            while let message = try? near.receive(WorkerMessage.self) { onEvent(.message(message)) }
            child.signalGroup(SIGKILL)
            let exit = child.waitForExit()
            log?.finish()
            onEvent(.ended(exit))
        }
    }

    /// Sends a message. A process that is gone is reported by its end, not here.
    func send(_ message: LauncherMessage, with descriptors: [Int32]) {
        if case .load(let load) = message { log?.note(release: load.bindle) }
        try? channel.send(message, with: descriptors)
    }

    func showRequests() { log?.showRequests() }

    /// Ends the process at once. Its end is reported as any other.
    func kill() {
        shutdown(channel.fileDescriptor, Int32(SHUT_RDWR))
    }
}
