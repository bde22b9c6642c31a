import Bindle
import ControlPage
import HTTP
import Platform
import SandboxProtocol
import Synchronization

/// Sends recorded requests again, each to a process of its own, which has a copy of the data directory: what it does to its
/// data is gone with it.
///
/// See Replays.md in Sandbox.docc.
final class Replayer: RequestReplayer {
    /// What it has of the sandbox.
    struct Surroundings: Sendable {
        let store: BindleStore
        /// The store's file.
        let storePath: String
        /// The project's directory.
        let project: String
        let bindleURL: String
        let recordings: RecordingMemory
        /// How a process that serves the project is started now.
        let command: @Sendable () -> WorkerCommand
        /// What is served now, if anything is.
        let status: @Sendable () -> ProjectStatus?
    }

    /// Replays at a time; each is a process.
    private static let limit = 2
    /// How long an answer may take beyond the time that handlers have.
    private static let grace = Duration.seconds(5)
    private static let usualTime = Duration.seconds(60)
    /// Of a longer answer, so many bytes are compared.
    private static let longestAnswer = 1 << 20
    /// How long the process may take to end.
    private static let endPatience = Duration.seconds(2)

    private let surroundings: Surroundings
    private let running = Mutex(0)
    private let deliver = Mutex<RequestLogCollector.Deliver?>(nil)

    init(_ surroundings: Surroundings) {
        self.surroundings = surroundings
    }

    /// Hands on from now on what processes log.
    func start(_ deliver: @escaping RequestLogCollector.Deliver) {
        self.deliver.withLock { $0 = deliver }
    }

    func replay(
        _ request: ReplayedRequest, against content: ContentReference?
    ) throws(ControlFailure) -> ReplayedAnswer {
        let isTaken = running.withLock { running in
            guard running < Self.limit else { return false }
            running += 1
            return true
        }
        guard isTaken else {
            throw ControlFailure(
                .serviceUnavailable, "\(Self.limit) requests are being sent again already, the limit: try again")
        }
        defer { running.withLock { $0 -= 1 } }
        let reference = if let content { content } else { try current() }
        let found = try ControlFailure.translating { () throws(StoreError) in
            try surroundings.store.content(of: reference)
        }
        var command = surroundings.command()
        guard var configuration = command.configuration else {
            throw ControlFailure(.internalServerError, "there is no configuration to serve by")
        }
        prepare(&configuration, &command, for: found.invoice.id)
        let data = try copyOfData(&configuration)
        defer { if let data { try? Directories.removeTree(data) } }
        let service = SideProcess.Service(
            content: found, store: surroundings.storePath,
            project: isOwn(found.invoice.id) ? surroundings.project : nil,
            bindleURL: surroundings.bindleURL, revision: revision(of: reference), configuration: configuration,
            passedVariables: command.passedVariables)
        do {
            return try run(request, service, reference)
        } catch let failure as ControlFailure {
            throw failure
        } catch {
            throw ControlFailure(.unprocessableContent, "\(reference) does not serve: \(error)")
        }
    }

    /// The revision that serves.
    private func current() throws(ControlFailure) -> ContentReference {
        guard let revision = surroundings.status()?.revision, revision > 0 else {
            throw ControlFailure(.conflict, "nothing is served yet")
        }
        return .revision(revision)
    }

    /// What its requests are of in the list.
    private func revision(of reference: ContentReference) -> Int {
        switch reference {
        case .revision(let number): number
        case .release(let id): (try? surroundings.store.release(id))?.revision ?? 1
        case .bindle: 1
        }
    }

    /// Whether a bindle is one of the project's: only these have its variables and its data.
    private func isOwn(_ id: BindleID) -> Bool {
        guard case .revision(let number)? = try? current(),
            let own = try? surroundings.store.content(of: .revision(number)).invoice.id
        else { return false }
        return own.name == id.name
    }

    private func prepare(_ configuration: inout WorkerConfiguration, _ command: inout WorkerCommand, for id: BindleID) {
        // What handlers write to their logs there is told of in the list.
        configuration.logDirectory = nil
        if configuration.behind != nil {
            // The server in front has said what it had to say when the request came the first time.
            configuration.behind = nil
            configuration.allowedHosts = ["*"]
        }
        guard !isOwn(id) else { return }
        configuration.variables = []
        configuration.projectVariables = []
        configuration.dataDirectory = nil
        command.passedVariables = []
    }

    // MARK: Data

    /// Copies the data directory beside the store, where copies of files most likely share their blocks with them.
    ///
    /// - Returns: the copy, which is to be removed; `nil` where handlers keep nothing.
    private func copyOfData(_ configuration: inout WorkerConfiguration) throws(ControlFailure) -> String? {
        guard let source = configuration.dataDirectory else { return nil }
        let directory: String
        do throws(SystemError) {
            directory = try Self.makeDirectory(beside: surroundings.storePath)
        } catch {
            throw ControlFailure(.internalServerError, "the data directory cannot be copied: \(error)")
        }
        configuration.dataDirectory = directory
        do throws(DirectoryCopy.Failure) {
            try DirectoryCopy.make(of: source, at: directory)
            return directory
        } catch {
            try? Directories.removeTree(directory)
            throw ControlFailure(.conflict, "the data directory cannot be copied: \(error)")
        }
    }

    /// The store may be in any directory of the user's: nothing else is called so.
    private static let prefix = ".hippo-dev-replay-"

    private static func makeDirectory(beside store: String) throws(SystemError) -> String {
        var template = Array("\(FilePath.parent(store))/\(prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw .last("mkdtemp") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes copies that a sandbox that was killed has left. To be called by whoever has the store's lock.
    static func removeLeftovers(beside store: String) {
        let parent = FilePath.parent(store)
        for name in (try? Directories.names(in: parent)) ?? []
        where name.hasPrefix(prefix) && name.utf8.count == prefix.utf8.count + 6 {
            try? Directories.removeTree("\(parent)/\(name)")
        }
    }

    // MARK: Sending

    /// What a process has logged.
    private final class Log: Sendable {
        private let recording = Mutex<UInt64?>(nil)

        func note(_ entries: [RequestLogEntry]) {
            for entry in entries {
                if case .request(let request) = entry.content { recording.withLock { $0 = $0 ?? request.recording } }
            }
        }

        /// That of the one request.
        var position: UInt64? { recording.withLock { $0 } }
    }

    private func run(
        _ request: ReplayedRequest, _ service: SideProcess.Service, _ reference: ContentReference
    ) throws -> ReplayedAnswer {
        let collector = try RequestLogCollector()
        defer { collector.stop() }
        let log = Log()
        collector.start { [self] entries in
            deliver.withLock { $0 }?(entries)
            log.note(entries)
        }
        let connections = try ConnectionQueue()
        let process = try SideProcess(
            service,
            in: WorkerSurroundings(
                connections: connections, requestLog: collector, recordings: surroundings.recordings),
            // So that pages come with what they came with the first time.
            status: surroundings.status())
        defer { process.kill() }
        let answer = try send(request, through: connections, within: service.configuration.limits.time)
        process.drain()
        if process.end(until: .now + Self.endPatience) == nil {
            // One that does not end by itself, since its response goes on for ever.
            process.kill()
            _ = process.end(until: .now + Self.endPatience)
        }
        return ReplayedAnswer(answer: answer, recording: log.position, content: reference)
    }

    private func send(
        _ request: ReplayedRequest, through connections: ConnectionQueue, within time: Duration?
    ) throws -> Answer {
        var configuration = ClientConfiguration()
        configuration.connectionQueue = connections
        configuration.totalTimeout = min(time ?? Self.usualTime, Self.usualTime) + Self.grace
        let client = Client(configuration: configuration)
        defer { client.closeIdleConnections() }
        var sent = ClientRequest(Method(rawValue: request.method), try HTTPURL("http://localhost\(request.target)"))
        for field in request.fields { sent.headers.add(field.nameText, field.valueText) }
        sent.headers.set(RecordingSummary.replayField, String(request.number))
        sent.host = request.fields.first { $0.isNamed("Host") }?.valueText
        if !request.body.isEmpty { sent.body = .bytes(request.body) }
        let response: ClientResponse
        do throws(ClientError) { response = try client.send(sent) } catch {
            throw ControlFailure(.unprocessableContent, "the request got no answer: \(error)")
        }
        defer { response.close() }
        var body: [UInt8] = []
        var isWhole = false
        do throws(ClientError) {
            while body.count < Self.longestAnswer {
                let piece = try response.read(upTo: Self.longestAnswer - body.count)
                isWhole = piece.isEmpty
                if isWhole { break }
                body += piece
            }
        } catch {
            // What has come is compared: a stream does not end, and a module that fails cuts its answer off.
            isWhole = false
        }
        let total = response.contentLength.map { Int(clamping: $0) } ?? body.count + (isWhole ? 0 : 1)
        return Answer(
            status: response.status.code, fields: response.headers.map { .init($0.name, $0.value) }, body: body,
            total: max(total, body.count))
    }
}
