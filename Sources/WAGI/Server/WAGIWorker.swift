import Bindle
import Dispatch
import Foundation
import HTTP
import SandboxProtocol
import Synchronization

/// A WAGI process that a sandbox has started: it does what it is told over a control channel, and ends with it.
public final class WAGIWorker: Sendable {
    private let channel: ControlChannel
    private let socket: ListeningSocket
    private let configuration: WAGIConfiguration
    /// Sends in order, without letting requests wait for the sandbox to read.
    private let sending = DispatchQueue(label: "control channel")
    private let unsentCount = Atomic<Int>(0)
    /// Reports of requests and logs beyond this number are dropped while the sandbox does not read.
    private static let maximumUnsent = 10_000
    /// How long the last requests may take.
    private static let drainDeadline = Duration.seconds(30)

    /// - Parameters:
    ///   - listenDescriptor: the listening socket, which other processes may share.
    ///   - controlDescriptor: the process's end of the control channel.
    public init(
        listenDescriptor: Int32, controlDescriptor: Int32, configuration: WAGIConfiguration
    ) throws(ServerError) {
        socket = try ListeningSocket(adopting: listenDescriptor)
        channel = ControlChannel(adopting: controlDescriptor)
        self.configuration = configuration
    }

    /// Waits for the bindle to load, serves it, and returns when the work is done: after a drain, a failure, or the end
    /// of the control channel.
    public func run() {
        // Whoever waits at the other end, or on this one, learns at once that it is over.
        defer { shutdown(channel.fileDescriptor, Int32(SHUT_RDWR)) }
        guard case .load(let bindle, let url, let revision)? = receive() else { return }
        let application: Application
        do throws(LoadError) {
            application = try load(bindle, url)
        } catch {
            let failure = WorkerFailure(
                message: error.message, file: error.file, line: error.position?.line, column: error.position?.column)
            try? channel.send(WorkerMessage.failed(failure))
            return
        }
        var serverConfiguration = ServerConfiguration()
        serverConfiguration.requestObserver = { [self] in report($0, revision: revision) }
        let server = WAGIServer(application: application, socket: socket, configuration: serverConfiguration)
        defer { application.removeFiles() }
        send(.ready(revision: revision, timings: application.timings))
        Thread.detachNewThread { application.removeUnusedParcels() }
        while let message = receive() {
            switch message {
            case .serve:
                do {
                    try server.start()
                } catch {
                    send(.failed(WorkerFailure(message: error.description)))
                    flush()
                    return
                }
            case .drain:
                endWithChannel(server)
                server.drain(deadline: Self.drainDeadline)
                flush()
                return
            case .load:
                // Each process loads once.
                return server.stop()
            }
        }
        server.stop()
    }

    /// While requests are finished, nobody else would notice that the sandbox has gone.
    private func endWithChannel(_ server: WAGIServer) {
        let thread = Thread { [self] in
            while receive() != nil {}
            server.stop()
        }
        thread.start()
    }

    private func load(_ bindle: String, _ url: String) throws(LoadError) -> Application {
        var configuration = configuration
        configuration.logObserver = { [self] line in
            let number = line.requestID.map { "[\($0)] " } ?? ""
            send(.log(route: line.route, text: number + line.text), isDroppable: true)
        }
        do {
            let client = try BindleClient(baseURL: url)
            return try Application(
                bindle: BindleID(bindle), from: client, configuration: configuration)
        } catch let error as LoadError {
            throw error
        } catch {
            throw LoadError("\(error)")
        }
    }

    private func report(_ record: RequestRecord, revision: Int) {
        let request = ServedRequest(
            method: record.method?.rawValue ?? "-", target: record.target ?? "-", status: record.status?.code ?? 0,
            byteCount: Int(record.bodyBytes), milliseconds: record.duration.milliseconds, revision: revision)
        send(.request(request), isDroppable: true)
    }

    private func receive() -> LauncherMessage? {
        // A channel that fails means the same as one that ends.
        try? channel.receive(LauncherMessage.self)
    }

    private func send(_ message: WorkerMessage, isDroppable: Bool = false) {
        if isDroppable, unsentCount.load(ordering: .relaxed) >= Self.maximumUnsent { return }
        unsentCount.add(1, ordering: .relaxed)
        sending.async { [self] in
            try? channel.send(message)
            unsentCount.subtract(1, ordering: .relaxed)
        }
    }

    /// Waits until everything is sent.
    private func flush() {
        sending.sync {}
    }
}
