package import HTTP
import Platform
package import SandboxProtocol

/// Writes the requests that a server answers, and what guests write meanwhile, into a request log.
package struct ServedRequestLog: RequestLog {
    private let writer: RequestLogWriter
    /// The revision that answers.
    private let revision: Int

    package init(_ writer: RequestLogWriter, revision: Int = 0) {
        self.writer = writer
        self.revision = revision
    }

    package func begin(_ record: RequestRecord) -> RequestLogPlace? {
        isOwn(record) ? nil : writer.begin(request(record)).map { RequestLogPlace($0) }
    }

    package func end(_ record: RequestRecord, at place: RequestLogPlace?) {
        if let place {
            writer.settle(request(record), at: place.value)
        } else if !isOwn(record) {
            writer.append(request(record))
        }
    }

    package func withdraw(_ place: RequestLogPlace) {
        writer.withdraw(place.value)
    }

    /// The sandbox's own: nobody has asked for them.
    private func isOwn(_ record: RequestRecord) -> Bool { record.target.map(LiveReload.owns) ?? false }

    private func request(_ record: RequestRecord) -> ServedRequest {
        ServedRequest(
            method: record.method?.rawValue ?? "-", target: record.target ?? "-", status: record.status?.code ?? 0,
            byteCount: Int(record.bodyBytes), milliseconds: record.duration.milliseconds, revision: revision,
            number: record.id, isIncomplete: record.failure != nil, recording: record.recording)
    }
}

extension RequestLogWriter {
    /// Writes down what a guest has written.
    package func append(_ line: LogLine) {
        append(line: line.text, route: line.route, number: line.requestID ?? 0)
    }
}
