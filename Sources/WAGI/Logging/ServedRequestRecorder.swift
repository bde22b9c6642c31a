package import HTTP
package import SandboxProtocol

/// Keeps the requests that a server answers in the memory of recordings.
package struct ServedRequestRecorder: RequestRecorder {
    private let writer: RecordingWriter
    /// The revision that answers.
    private let revision: Int

    package init(_ writer: RecordingWriter, revision: Int) {
        self.writer = writer
        self.revision = revision
    }

    /// The sandbox's own requests are not kept, as they are in no log: nobody has asked for them.
    package func records(_ target: String) -> Bool { !LiveReload.owns(target) }

    package func record(_ exchange: RecordedExchange) -> UInt64? {
        let run = exchange.details as? HandlerRun
        let queue = exchange.queue?.nanoseconds ?? 0
        let instantiation = run?.instantiation.nanoseconds ?? 0
        let contents = RecordingWriter.Contents(
            number: exchange.id, revision: revision, queue: queue, instantiate: instantiation,
            run: exchange.duration.nanoseconds - queue - instantiation, memoryBytes: run?.memoryBytes ?? 0,
            bodyIsStored: exchange.isStored, isSecured: exchange.isSecured, method: exchange.method,
            target: exchange.target, fieldByteCount: exchange.fieldByteCount, responseHead: exchange.responseHead,
            requestBody: .init(exchange.requestBody[...], total: Int(clamping: exchange.requestBodyCount)),
            responseBody: .init(exchange.responseBody, total: Int(clamping: exchange.responseBodyCount)),
            handler: run?.recorded)
        return writer.write(contents) { exchange.copyFields(to: $0) }
    }
}
