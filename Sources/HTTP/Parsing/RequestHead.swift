/// A request's head, checked, with what follows from it for the connection.
struct RequestHead: Sendable {
    var method: Method
    var target: String
    var version: Version
    var headers: Headers
    var framing: BodyFraming
    /// Whether the client wants to use the connection further.
    var keepsAlive: Bool
    /// Whether the client waits for `100 Continue` before it sends the body.
    var expectsContinue: Bool
}

/// Parses the heads of requests, one after the other, while they arrive (RFC 9112 sections 2 to 6).
///
/// Whatever two implementations could read differently is an error: it is how requests are smuggled past proxies.
struct RequestHeadParser {
    private let limits: HeadLimits
    private var lines = HeadLines()
    private var start: StartLine?
    private var fields: [Headers.Bounds] = []
    private var framing = MessageFraming()

    private struct StartLine {
        var method: Range<Int>
        var target: Range<Int>
        var version: Version
    }

    init(limits: HeadLimits) {
        self.limits = limits
    }

    /// Whether a part of a head has been parsed already.
    var isInsideHead: Bool { start != nil || lines.lineStart > 0 }

    /// Parses `head`, which starts with the head's first byte and holds all that has arrived: more than at the call
    /// before, or the first.
    ///
    /// - Returns: the head and its number of bytes; `nil` if it is not complete yet.
    mutating func parse(_ head: UnsafeRawBufferPointer) throws(MessageError) -> (RequestHead, byteCount: Int)? {
        while let line = try lines.next(in: head) {
            if start == nil {
                // One empty line before a request is forgiven (RFC 9112 section 2.2): old clients end a body with it.
                if line == 0..<0 { continue }
                try parseStartLine(line, of: head)
            } else if line.isEmpty {
                guard line.upperBound <= limits.maximumHead else { throw headTooLarge }
                let parsed = try finish(head, byteCount: line.upperBound + 2)
                let byteCount = line.upperBound + 2
                reset()
                return (parsed, byteCount)
            } else {
                guard fields.count < limits.maximumFields, line.upperBound <= limits.maximumHead else {
                    throw headTooLarge
                }
                let field = try Headers.Bounds(parsing: line, of: head)
                try framing.note(field, in: head)
                fields.append(field)
            }
        }
        try checkUnfinishedLine(of: head)
        return nil
    }

    private mutating func reset() {
        lines = HeadLines()
        start = nil
        fields = []
        framing = MessageFraming()
    }

    private var headTooLarge: MessageError {
        MessageError(
            .requestHeaderFieldsTooLarge,
            "a head of more than \(limits.maximumHead) bytes or \(limits.maximumFields) fields")
    }

    private var startLineTooLong: MessageError {
        MessageError(.uriTooLong, "a request line of more than \(limits.maximumStartLine) bytes")
    }

    /// Refuses what cannot become valid any more, instead of waiting for its end.
    private func checkUnfinishedLine(of head: UnsafeRawBufferPointer) throws(MessageError) {
        let length = head.count - lines.lineStart
        guard start == nil else {
            if limits.areExceeded(byUnfinished: head.count) { throw headTooLarge }
            return
        }
        if length > 0, head[lines.lineStart] != 0x0D, !CharacterClass.isToken(head[lines.lineStart]) {
            throw MessageError(
                head[lines.lineStart] == 0x16
                    ? "a TLS handshake on a port for plain HTTP: use http:// instead of https://"
                    : "a request that does not start with a method")
        }
        // A CR may be there already.
        if length > limits.maximumStartLine + 1 { throw startLineTooLong }
    }

    // MARK: The request line

    private mutating func parseStartLine(_ line: Range<Int>, of head: UnsafeRawBufferPointer) throws(MessageError) {
        guard line.count <= limits.maximumStartLine else { throw startLineTooLong }
        var index = line.lowerBound
        while index < line.upperBound, CharacterClass.isToken(head[index]) { index += 1 }
        let method = line.lowerBound..<index
        guard !method.isEmpty, index < line.upperBound, head[index] == 0x20 else {
            throw MessageError("a request line without a valid method")
        }
        let targetStart = index + 1
        index = targetStart
        while index < line.upperBound, CharacterClass.isTarget(head[index]) { index += 1 }
        let target = targetStart..<index
        if Self.isHTTP2Preface(UnsafeRawBufferPointer(rebasing: head[line])) { throw .http2Preface }
        guard !target.isEmpty, index < line.upperBound, head[index] == 0x20 else {
            throw MessageError(
                index == line.upperBound
                    ? "a request line without a version" : "an invalid character in the request target")
        }
        start = StartLine(
            method: method, target: target,
            version: try parseVersion(UnsafeRawBufferPointer(rebasing: head[(index + 1)..<line.upperBound])))
    }

    /// The first line of what a client of HTTP/2 begins with, where it takes for granted that its server speaks that.
    private static func isHTTP2Preface(_ line: UnsafeRawBufferPointer) -> Bool {
        line.count == 14 && matches(line, "PRI * HTTP/2.0")
    }

    // MARK: The whole

    private func finish(_ head: UnsafeRawBufferPointer, byteCount: Int) throws(MessageError) -> RequestHead {
        let start = self.start!
        let method = Self.method(UnsafeRawBufferPointer(rebasing: head[start.method]))
        var headers = Headers(
            bytes: Array(UnsafeRawBufferPointer(rebasing: head[..<byteCount])), fields: fields)
        let target = try checkTarget(
            UnsafeRawBufferPointer(rebasing: head[start.target]), method: method, headers: &headers)
        try checkHost(head, version: start.version)
        if framing.hasUnknownExpectation {
            throw MessageError(.expectationFailed, "an expectation other than 100-continue")
        }
        return RequestHead(
            method: method, target: target, version: start.version, headers: headers,
            framing: try bodyFraming(version: start.version),
            keepsAlive: !framing.closes && (start.version == .http11 || framing.keepsAlive),
            expectsContinue: framing.expectsContinue && start.version == .http11)
    }

    private static func method(_ bytes: UnsafeRawBufferPointer) -> Method {
        if bytes.count == 3, bytes[0] == 0x47, bytes[1] == 0x45, bytes[2] == 0x54 { return .get }
        return Method(rawValue: String(decoding: bytes, as: UTF8.self))
    }

    private func bodyFraming(version: Version) throws(MessageError) -> BodyFraming {
        if framing.hasTransferEncoding {
            guard version == .http11 else { throw MessageError("a Transfer-Encoding in HTTP/1.0") }
            guard framing.contentLength == nil else {
                throw MessageError("both a Transfer-Encoding and a Content-Length")
            }
            return .chunked
        }
        if framing.contentLengthIsTooLarge {
            throw MessageError(.contentTooLarge, "a Content-Length beyond all limits")
        }
        guard let length = framing.contentLength, length > 0 else { return .none }
        return .length(length)
    }

    private func checkHost(_ head: UnsafeRawBufferPointer, version: Version) throws(MessageError) {
        guard framing.hostCount <= 1 else { throw MessageError("several Host fields") }
        guard framing.hostCount == 1 else {
            if version == .http11 { throw MessageError("no Host field") }
            return
        }
        guard Authority.isValid(UnsafeRawBufferPointer(rebasing: head[framing.host]), allowsEmpty: true) else {
            throw MessageError("an invalid Host field")
        }
    }

    /// The target in origin form (or `*`).
    private func checkTarget(
        _ target: UnsafeRawBufferPointer, method: Method, headers: inout Headers
    ) throws(MessageError) -> String {
        if method == .connect {
            throw MessageError(.notImplemented, "CONNECT, which asks for a proxy; this server is not a proxy")
        }
        if target[0] == UInt8(ascii: "/") { return String(decoding: target, as: UTF8.self) }
        if target.count == 1, target[0] == UInt8(ascii: "*") {
            guard method == .options else { throw MessageError("the target * with another method than OPTIONS") }
            return "*"
        }
        guard let authorityStart = Self.schemeLength(target) else {
            throw MessageError("a request target that is neither a path nor a URL")
        }
        var authorityEnd = authorityStart
        while authorityEnd < target.count, target[authorityEnd] != UInt8(ascii: "/"),
            target[authorityEnd] != UInt8(ascii: "?")
        {
            authorityEnd += 1
        }
        let authority = UnsafeRawBufferPointer(rebasing: target[authorityStart..<authorityEnd])
        guard Authority.isValid(authority, allowsEmpty: false) else {
            throw MessageError("an invalid host in the request target")
        }
        headers.set("Host", String(decoding: authority, as: UTF8.self))
        let rest = String(decoding: UnsafeRawBufferPointer(rebasing: target[authorityEnd...]), as: UTF8.self)
        return rest.hasPrefix("/") ? rest : "/" + rest
    }

    /// The length of `http://` or `https://` where `target` starts with it.
    private static func schemeLength(_ target: UnsafeRawBufferPointer) -> Int? {
        for scheme in ["http://", "https://"] as [StaticString] {
            let length = scheme.utf8CodeUnitCount
            if target.count > length, matches(UnsafeRawBufferPointer(rebasing: target[..<length]), scheme) {
                return length
            }
        }
        return nil
    }
}

/// The version that `HTTP/1.1` and its like name.
func parseVersion(_ text: UnsafeRawBufferPointer) throws(MessageError) -> Version {
    // Case-sensitive (RFC 9112 section 2.3).
    let isVersion =
        text.count == 8 && text[0] == 0x48 && text[1] == 0x54 && text[2] == 0x54 && text[3] == 0x50 && text[4] == 0x2F
        && text[5] &- 0x30 < 10 && text[6] == 0x2E && text[7] &- 0x30 < 10
    guard isVersion else { throw MessageError("an invalid version of HTTP") }
    guard text[5] == 0x31 else { throw MessageError(.httpVersionNotSupported, "a version of HTTP other than 1.x") }
    return text[7] == 0x30 ? .http10 : .http11
}

/// The `host[:port]` of a URL and of the Host field (RFC 3986 section 3.2).
enum Authority {
    /// Whether `text` is a host and perhaps a port, without user information.
    static func isValid(_ text: UnsafeRawBufferPointer, allowsEmpty: Bool) -> Bool {
        var index = 0
        if text.first == UInt8(ascii: "[") {
            guard let close = text.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let literal = String(decoding: UnsafeRawBufferPointer(rebasing: text[1..<close]), as: UTF8.self)
            guard literal.utf8.contains(UInt8(ascii: ":")), SocketAddress.parseIP(literal) != nil else { return false }
            index = close + 1
        } else {
            while index < text.count, text[index] != UInt8(ascii: ":") {
                guard isHostCharacter(text[index]) else { return false }
                // An escape is a percent sign and two digits (RFC 3986 section 2.1).
                if text[index] == UInt8(ascii: "%") {
                    guard index + 2 < text.count, hexadecimalValue(text[index + 1]) != nil,
                        hexadecimalValue(text[index + 2]) != nil
                    else { return false }
                }
                index += 1
            }
            if index == 0 { return allowsEmpty && text.isEmpty }
        }
        guard index < text.count else { return true }
        guard text[index] == UInt8(ascii: ":"), text.count - index <= 6 else { return false }
        var port = 0
        for byte in text[(index + 1)...] {
            guard byte &- 0x30 < 10 else { return false }
            port = port * 10 + Int(byte - 0x30)
        }
        return port <= 65535
    }

    /// `unreserved`, `sub-delims` and the `%` of escapes.
    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        if CharacterClass.isUnreserved(byte) { return true }
        switch byte {
        case UInt8(ascii: "%"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"),
            UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","),
            UInt8(ascii: ";"), UInt8(ascii: "="):
            return true
        default:
            return false
        }
    }
}
