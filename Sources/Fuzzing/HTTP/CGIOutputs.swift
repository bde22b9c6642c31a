@testable import HTTP
@testable import WAGI

/// What a module writes at the beginning of its output. The first byte says in which pieces. They come to the same, however
/// they are cut, and what comes of them can be sent: as a client reads it, it is the same response.
enum CGIOutputs {
    private struct Outcome: Equatable {
        var code = 0
        var reason = ""
        var fields: [Message.Field] = []
        /// How many bytes the header block has; 0 if it is refused or not whole.
        var length = 0
        var problem = ""
        var warnings: [String] = []
    }

    static func run(_ input: UnsafeBufferPointer<UInt8>) {
        guard let choice = input.first else { return }
        let bytes = Array(input.dropFirst())
        let (outcome, head) = outcome(bytes, .whole)
        let cut = self.outcome(bytes, Cut(choice)).0
        guard outcome == cut else { fatalError("in pieces, the output is another:\n\(outcome)\n\(cut)") }
        guard let head else { return }
        guard (try? ResponseHeadEncoder.validate(head.headers)) != nil else {
            fatalError("a response that was taken cannot be sent:\n\(outcome)")
        }
        let status = "\(outcome.code) \(outcome.reason)\r\n"
        let again = self.outcome(Array("Status: \(status)".utf8) + outcome.fields.lines, .whole).0
        guard again.code == outcome.code, again.reason == outcome.reason, again.fields == outcome.fields else {
            fatalError("what was read is not what is written:\n\(outcome)\n\(again)")
        }
        let limits = HeadLimits(maximumStartLine: 1 << 20, maximumHead: 1 << 20, maximumFields: 1 << 20)
        var parser = ResponseHeadParser(limits: limits, requestMethod: .get)
        let message = Array("HTTP/1.1 \(status)".utf8) + outcome.fields.lines
        let received = message.withUnsafeBytes { try? parser.parse($0)?.0 }
        guard let received, received.status.code == outcome.code, received.status.reason == outcome.reason,
            received.headers.messageFields == outcome.fields
        else { fatalError("a client reads another response:\n\(outcome)\n\(String(describing: received))") }
    }

    private static func outcome(_ bytes: [UInt8], _ cut: Cut) -> (Outcome, CGIResponseParser.Head?) {
        var parser = CGIResponseParser()
        var outcome = Outcome()
        var head: CGIResponseParser.Head?
        var arrived = 0
        do throws(CGIResponseParser.Malformed) {
            while head == nil, case let count = cut.next(after: arrived, of: bytes.count), count > 0 {
                let result = bytes[arrived..<arrived + count].withUnsafeBytes { piece in
                    Result { () throws(CGIResponseParser.Malformed) in try parser.parse(piece) }
                }
                if let parsed = try result.get() {
                    head = parsed.head
                    outcome.length = arrived + parsed.consumed
                }
                arrived += count
            }
            if head == nil { outcome.problem = parser.endedEarly.description }
        } catch {
            outcome.problem = error.description
        }
        if let head {
            outcome.code = head.status.code
            outcome.reason = head.status.reason
            outcome.fields = head.headers.messageFields
        }
        outcome.warnings = parser.warnings
        return (outcome, head)
    }
}
