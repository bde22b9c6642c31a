import HTTP
import Platform
import SandboxProtocol

/// How a WAGI process is started.
struct WorkerCommand: Sendable, Equatable {
    let executable: String
    /// The program's own name and its arguments, to which those that name the descriptors are added.
    let name: String
    let arguments: [String]

    /// This same program, with other arguments. The kernel finds it even when its file has been replaced meanwhile, as
    /// a rebuild of it does.
    static func thisProgram(arguments: [String]) -> WorkerCommand {
        WorkerCommand(executable: "/proc/self/exe", name: CommandLine.arguments.first ?? "hippo-dev", arguments: arguments)
    }
}

/// What all WAGI processes of a sandbox share, apart from the listening socket.
struct WorkerSurroundings: Sendable {
    var connections: ConnectionQueue?
    var board: RevisionBoard?
    var changes: ChangeQueue?

    /// The descriptors that a process is given, from this number on, and the options that tell it of them.
    fileprivate func descriptors(from first: Int32) -> [(option: String, source: Int32, target: Int32)] {
        let sources: [(String, Int32?)] = [
            ("--pass-fd", connections?.sendingDescriptor), ("--receive-fd", connections?.receivingDescriptor),
            ("--board-fd", board?.fileDescriptor), ("--changes-fd", changes?.fileDescriptor),
        ]
        var next = first
        return sources.compactMap { option, source in
            guard let source else { return nil }
            defer { next += 1 }
            return (option, source, next)
        }
    }
}

/// A process that serves, as the supervisor knows it.
protocol WorkerHandle: Sendable {
    /// Sends a message. A process that is gone is reported by its end, not here.
    func send(_ message: LauncherMessage)
    /// Ends the process at once. Its end is reported as any other.
    func kill()
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

    /// Starts a process. `onEvent` is called on a thread of its own.
    init(
        command: WorkerCommand, listeningSocket: Int32, surroundings: WorkerSurroundings,
        onEvent: @escaping @Sendable (Event) -> Void
    ) throws {
        let shared = surroundings.descriptors(from: Self.controlDescriptor + 1)
        let (near, far) = try ControlChannel.pair()
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        child = try ChildProcess.spawn(
            executable: command.executable,
            name: command.name,
            arguments: command.arguments + [
                "--listen-fd", String(Self.listenDescriptor), "--control-fd", String(Self.controlDescriptor),
            ] + shared.flatMap { [$0.option, String($0.target)] },
            environment: ChildEnvironment.current(),
            descriptors: [
                // What the process itself has to say is for people; standard output may be a stream of JSON.
                (null, 0), (STDERR_FILENO, 1), (STDERR_FILENO, 2), (listeningSocket, Self.listenDescriptor),
                (far.fileDescriptor, Self.controlDescriptor),
            ] + shared.map { ($0.source, $0.target) })
        channel = near
        SystemThread.detach(name: "worker") { [child] in
            // A channel that fails means the same as one that ends: nothing more can be known of the process.
            while let message = try? near.receive(WorkerMessage.self) { onEvent(.message(message)) }
            child.signalGroup(SIGKILL)
            onEvent(.ended(child.waitForExit()))
        }
    }

    /// Sends a message. A process that is gone is reported by its end, not here.
    func send(_ message: LauncherMessage) {
        try? channel.send(message)
    }

    /// Ends the process at once. Its end is reported as any other.
    func kill() {
        shutdown(channel.fileDescriptor, Int32(SHUT_RDWR))
    }
}
