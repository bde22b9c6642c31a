/// Where a message's body ends (RFC 9112 section 6.3).
enum BodyFraming: Equatable, Sendable {
    case none
    case length(Int64)
    case chunked
    /// The end of the connection; responses only.
    case untilClose
}

/// Collects, field by field, what decides on a message's framing and on the connection's life.
struct MessageFraming {
    private(set) var contentLength: Int64?
    private(set) var contentLengthIsTooLarge = false
    private(set) var isChunked = false
    private(set) var hasTransferEncoding = false
    private(set) var closes = false
    private(set) var keepsAlive = false
    private(set) var hostCount = 0
    private(set) var host = 0..<0
    private(set) var expectsContinue = false
    private(set) var hasUnknownExpectation = false

    /// Takes note of a field. Names are told apart by their length first.
    mutating func note(_ field: Headers.Bounds, in head: UnsafeRawBufferPointer) throws(MessageError) {
        switch field.nameCount {
        case 4 where name(of: field, in: head, is: "host"):
            hostCount += 1
            host = field.value
        case 6 where name(of: field, in: head, is: "expect"):
            if value(of: field, in: head, is: "100-continue") {
                expectsContinue = true
            } else {
                hasUnknownExpectation = true
            }
        case 10 where name(of: field, in: head, is: "connection"):
            noteConnection(UnsafeRawBufferPointer(rebasing: head[field.value]))
        case 14 where name(of: field, in: head, is: "content-length"):
            try noteContentLength(UnsafeRawBufferPointer(rebasing: head[field.value]))
        case 17 where name(of: field, in: head, is: "transfer-encoding"):
            try noteTransferEncoding(UnsafeRawBufferPointer(rebasing: head[field.value]))
        default:
            break
        }
    }

    private mutating func noteConnection(_ value: UnsafeRawBufferPointer) {
        for member in value.split(separator: UInt8(ascii: ",")) {
            let token = trimmed(UnsafeRawBufferPointer(rebasing: member))
            if matches(token, "close") { closes = true }
            if matches(token, "keep-alive") { keepsAlive = true }
        }
    }

    private mutating func noteContentLength(_ value: UnsafeRawBufferPointer) throws(MessageError) {
        guard !value.isEmpty else { throw MessageError("an empty Content-Length") }
        var length: Int64 = 0
        for byte in value {
            guard byte &- 0x30 < 10 else { throw MessageError("a Content-Length that is not a number") }
            let (tens, overflow) = length.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int64(byte - 0x30))
            if overflow || carry { contentLengthIsTooLarge = true }
            length = sum
        }
        if let contentLength, contentLength != length {
            throw MessageError("several Content-Length fields that differ")
        }
        contentLength = length
    }

    private mutating func noteTransferEncoding(_ value: UnsafeRawBufferPointer) throws(MessageError) {
        guard !hasTransferEncoding else { throw MessageError("several Transfer-Encoding fields") }
        hasTransferEncoding = true
        if matches(value, "chunked") {
            isChunked = true
            return
        }
        let last = value.split(separator: UInt8(ascii: ",")).last.map {
            trimmed(UnsafeRawBufferPointer(rebasing: $0))
        }
        guard let last, matches(last, "chunked") else {
            throw MessageError("a Transfer-Encoding that does not end in chunked")
        }
        throw MessageError(.notImplemented, "a Transfer-Encoding other than chunked")
    }

    private func name(of field: Headers.Bounds, in head: UnsafeRawBufferPointer, is name: StaticString) -> Bool {
        matches(UnsafeRawBufferPointer(rebasing: head[field.name]), name)
    }

    private func value(of field: Headers.Bounds, in head: UnsafeRawBufferPointer, is value: StaticString) -> Bool {
        matches(UnsafeRawBufferPointer(rebasing: head[field.value]), value)
    }
}

func matches(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    equalsIgnoringCase(bytes, UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
}

/// `bytes` without the blanks around them.
func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var lower = bytes.startIndex
    var upper = bytes.endIndex
    while lower < upper, isBlank(bytes[lower]) { lower += 1 }
    while upper > lower, isBlank(bytes[upper - 1]) { upper -= 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[lower..<upper])
}
