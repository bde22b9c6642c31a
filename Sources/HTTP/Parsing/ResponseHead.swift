/// A response's head, checked.
struct ResponseHead: Sendable {
    var version: Version
    var status: Status
    var headers: Headers
    var framing: BodyFraming
    var keepsAlive: Bool
}

/// Parses the head of a response while it arrives (RFC 9112 sections 4 to 6).
struct ResponseHeadParser {
    private let limits: HeadLimits
    private let requestMethod: Method
    private var lines = HeadLines()
    private var start: (version: Version, status: Status)?
    private var fields: [Headers.Bounds] = []
    private var framing = MessageFraming()

    /// - Parameter requestMethod: decides, with the status, whether there is a body.
    init(limits: HeadLimits, requestMethod: Method) {
        self.limits = limits
        self.requestMethod = requestMethod
    }

    /// As `RequestHeadParser.parse`.
    mutating func parse(_ head: UnsafeRawBufferPointer) throws(MessageError) -> (ResponseHead, byteCount: Int)? {
        while let line = try lines.next(in: head) {
            guard line.upperBound <= limits.maximumHead else { throw headTooLarge }
            if start == nil {
                start = try parseStatusLine(UnsafeRawBufferPointer(rebasing: head[line]))
            } else if line.isEmpty {
                let byteCount = line.upperBound + 2
                return (try finish(head, byteCount: byteCount), byteCount)
            } else {
                guard fields.count < limits.maximumFields else { throw headTooLarge }
                let field = try Headers.Bounds(parsing: line, of: head)
                try framing.note(field, in: head)
                fields.append(field)
            }
        }
        if limits.areExceeded(byUnfinished: head.count) { throw headTooLarge }
        if start == nil, head.count >= 5, !matches(UnsafeRawBufferPointer(rebasing: head[..<5]), "HTTP/") {
            throw MessageError("an answer that is not HTTP")
        }
        return nil
    }

    private var headTooLarge: MessageError {
        MessageError(
            .requestHeaderFieldsTooLarge,
            "a head of more than \(limits.maximumHead) bytes or \(limits.maximumFields) fields")
    }

    private func parseStatusLine(_ line: UnsafeRawBufferPointer) throws(MessageError) -> (Version, Status) {
        guard line.count >= 12, line[8] == 0x20 else { throw MessageError("an invalid status line") }
        let version = try parseVersion(UnsafeRawBufferPointer(rebasing: line[..<8]))
        var code = 0
        for byte in line[9..<12] {
            guard byte &- 0x30 < 10 else { throw MessageError("an invalid status code") }
            code = code * 10 + Int(byte - 0x30)
        }
        // The space after the code may be missing when there is no reason: common, and harmless.
        guard line.count == 12 || line[12] == 0x20 else { throw MessageError("an invalid status line") }
        let reason = line.count > 13 ? String(decoding: line[13...], as: UTF8.self) : ""
        guard let status = Status(checking: code, reason: reason) else {
            throw MessageError("an invalid status line")
        }
        return (version, status)
    }

    private func finish(_ head: UnsafeRawBufferPointer, byteCount: Int) throws(MessageError) -> ResponseHead {
        let (version, status) = start!
        return ResponseHead(
            version: version, status: status,
            headers: Headers(bytes: Array(UnsafeRawBufferPointer(rebasing: head[..<byteCount])), fields: fields),
            framing: try bodyFraming(version: version, status: status),
            keepsAlive: !framing.closes && (version == .http11 || framing.keepsAlive))
    }

    private func bodyFraming(version: Version, status: Status) throws(MessageError) -> BodyFraming {
        if requestMethod == .head || status.forbidsBody { return .none }
        if framing.hasTransferEncoding {
            guard version == .http11, framing.contentLength == nil else {
                throw MessageError("a Transfer-Encoding in HTTP/1.0 or beside a Content-Length")
            }
            return .chunked
        }
        if framing.contentLengthIsTooLarge { throw MessageError("a Content-Length beyond all limits") }
        guard let length = framing.contentLength else { return .untilClose }
        return length == 0 ? .none : .length(length)
    }
}
