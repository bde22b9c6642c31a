import Platform
import Sandbox
import SandboxProtocol

/// The request log of a server in this process: requests go to standard output, lines of handlers to standard error.
///
/// Whoever answers a request only writes to memory; a thread of its own reads that, so that nobody who reads the output
/// slowly holds up a request.
final class RequestLogOutput: Sendable {
    let writer: RequestLogWriter
    private let collector: RequestLogCollector
    private let log: CollectedRequestLog

    init() throws(SystemError) {
        collector = try RequestLogCollector()
        log = try collector.makeLog()
        writer = RequestLogWriter(log.memory)
        log.showRequests()
        collector.start { Self.write($0) }
    }

    /// Writes what is left, and no more.
    func finish() {
        log.finish()
        collector.stop()
    }

    private static func write(_ entries: [RequestLogEntry]) {
        var renderer = HumanEventRenderer(style: .init(usesStyles: false))
        var (requests, errors): ([RequestLogEntry], String) = ([], "")
        for entry in entries {
            switch entry.content {
            case .request: requests.append(entry)
            case .line(let text, let route, _):
                errors += "[\(PrintableText.line(route))] \(PrintableText.line(text))\n"
            case .dropped, .damaged: errors += "\(entry.notice ?? "")\n"
            }
        }
        // A handler's lines belong to a request that is told afterwards.
        if !errors.isEmpty { StandardError.write(errors) }
        guard !requests.isEmpty else { return }
        var lines: [UInt8] = []
        renderer.render(requests, to: &lines)
        try? StandardOutput.write(String(decoding: lines, as: UTF8.self))
    }
}
