import HTTP
import SandboxProtocol

/// Keeps the requests that a server answers in the memory of recordings.
struct ServedRequestRecorder: RequestRecorder {
    private let writer: RecordingWriter
    /// The revision that answers.
    private let revision: Int

    init(_ writer: RecordingWriter, revision: Int) {
        self.writer = writer
        self.revision = revision
    }

    /// The sandbox's own requests are not kept, as they are in no log: nobody has asked for them.
    func records(_ request: Request) -> Bool { !LiveReload.owns(request.target) }

    func record(_ exchange: RecordedExchange) -> UInt64? {
        let request = exchange.request
        let run = exchange.details as? HandlerRun
        var contents = RecordingWriter.Contents()
        contents.number = request.id
        contents.revision = revision
        contents.queue = exchange.queue
        contents.instantiate = run?.instantiation ?? .zero
        contents.run = exchange.duration - exchange.queue - contents.instantiate
        contents.memoryBytes = run?.memoryBytes ?? 0
        contents.bodyIsStored = exchange.isStored
        contents.isSecured = request.isSecured
        contents.method = request.method.rawValue
        contents.target = request.target
        contents.fields = (request.headers.lineByteCount, { request.headers.copyLines(to: $0) })
        contents.responseHead = exchange.responseHead
        contents.requestBody = .init(exchange.requestBody[...], total: Int(exchange.requestBodyCount))
        contents.responseBody = .init(exchange.responseBody, total: Int(exchange.responseBodyCount))
        contents.handler = run?.recorded
        return writer.write(contents)
    }
}
