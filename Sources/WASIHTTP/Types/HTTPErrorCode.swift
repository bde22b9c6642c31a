package import ComponentModel
import HTTP
import Platform
import WASIPreview2

/// `error-code` of `wasi:http/types`.
package enum HTTPErrorCode: Error, Equatable, Sendable, CustomStringConvertible {
    case dnsTimeout
    case dnsError(rcode: String?, infoCode: UInt16?)
    case destinationNotFound
    case destinationUnavailable
    case destinationIPProhibited
    case destinationIPUnroutable
    case connectionRefused
    case connectionTerminated
    case connectionTimeout
    case connectionReadTimeout
    case connectionWriteTimeout
    case connectionLimitReached
    case tlsProtocolError
    case tlsCertificateError
    case tlsAlertReceived(id: UInt8?, message: String?)
    case requestDenied
    case requestLengthRequired
    case requestBodySize(UInt64?)
    case requestMethodInvalid
    case requestURIInvalid
    case requestURITooLong
    case requestHeaderSectionSize(UInt32?)
    case requestHeaderSize(FieldSize?)
    case requestTrailerSectionSize(UInt32?)
    case requestTrailerSize(FieldSize)
    case responseIncomplete
    case responseHeaderSectionSize(UInt32?)
    case responseHeaderSize(FieldSize)
    case responseBodySize(UInt64?)
    case responseTrailerSectionSize(UInt32?)
    case responseTrailerSize(FieldSize)
    case responseTransferCoding(String?)
    case responseContentCoding(String?)
    case responseTimeout
    case upgradeFailed
    case protocolError
    case loopDetected
    case configurationError
    case internalError(String?)

    /// `field-size-payload`.
    package struct FieldSize: Equatable, Sendable {
        package let name: String?
        package let size: UInt32?

        package init(name: String?, size: UInt32?) {
            self.name = name
            self.size = size
        }
    }
}

// MARK: As a value

extension HTTPErrorCode {
    /// The names of the cases and what each has with it, in the order of the interface.
    private static let cases: [(String, ValueType?)] = [
        ("DNS-timeout", nil),
        ("DNS-error", .record(("rcode", .option(.string)), ("info-code", .option(.u16)))),
        ("destination-not-found", nil), ("destination-unavailable", nil), ("destination-IP-prohibited", nil),
        ("destination-IP-unroutable", nil), ("connection-refused", nil), ("connection-terminated", nil),
        ("connection-timeout", nil), ("connection-read-timeout", nil), ("connection-write-timeout", nil),
        ("connection-limit-reached", nil), ("TLS-protocol-error", nil), ("TLS-certificate-error", nil),
        (
            "TLS-alert-received",
            .record(("alert-id", .option(.u8)), ("alert-message", .option(.string)))
        ),
        ("HTTP-request-denied", nil), ("HTTP-request-length-required", nil),
        ("HTTP-request-body-size", .option(.u64)), ("HTTP-request-method-invalid", nil),
        ("HTTP-request-URI-invalid", nil), ("HTTP-request-URI-too-long", nil),
        ("HTTP-request-header-section-size", .option(.u32)), ("HTTP-request-header-size", .option(fieldSize)),
        ("HTTP-request-trailer-section-size", .option(.u32)), ("HTTP-request-trailer-size", fieldSize),
        ("HTTP-response-incomplete", nil), ("HTTP-response-header-section-size", .option(.u32)),
        ("HTTP-response-header-size", fieldSize), ("HTTP-response-body-size", .option(.u64)),
        ("HTTP-response-trailer-section-size", .option(.u32)), ("HTTP-response-trailer-size", fieldSize),
        ("HTTP-response-transfer-coding", .option(.string)), ("HTTP-response-content-coding", .option(.string)),
        ("HTTP-response-timeout", nil), ("HTTP-upgrade-failed", nil), ("HTTP-protocol-error", nil),
        ("loop-detected", nil), ("configuration-error", nil), ("internal-error", .option(.string)),
    ]

    private static let fieldSize = ValueType.record(
        ("field-name", .option(.string)), ("field-size", .option(.u32)))

    static let valueType = ValueType(.variant(cases.map { ValueType.Case($0.0, $0.1) }))

    package var value: Value {
        let (number, payload) = parts
        return .variant(number, payload)
    }

    private var parts: (number: Int, payload: Value?) {
        func number(_ value: UInt64?) -> Value { .option(value.map { .u64($0) }) }
        func number(_ value: UInt32?) -> Value { .option(value.map { .u32($0) }) }
        func text(_ value: String?) -> Value { .option(value.map { .string($0) }) }
        return switch self {
        case .dnsTimeout: (0, nil)
        case .dnsError(let rcode, let code): (1, .record([text(rcode), .option(code.map { .u16($0) })]))
        case .destinationNotFound: (2, nil)
        case .destinationUnavailable: (3, nil)
        case .destinationIPProhibited: (4, nil)
        case .destinationIPUnroutable: (5, nil)
        case .connectionRefused: (6, nil)
        case .connectionTerminated: (7, nil)
        case .connectionTimeout: (8, nil)
        case .connectionReadTimeout: (9, nil)
        case .connectionWriteTimeout: (10, nil)
        case .connectionLimitReached: (11, nil)
        case .tlsProtocolError: (12, nil)
        case .tlsCertificateError: (13, nil)
        case .tlsAlertReceived(let id, let message): (14, .record([.option(id.map { .u8($0) }), text(message)]))
        case .requestDenied: (15, nil)
        case .requestLengthRequired: (16, nil)
        case .requestBodySize(let size): (17, number(size))
        case .requestMethodInvalid: (18, nil)
        case .requestURIInvalid: (19, nil)
        case .requestURITooLong: (20, nil)
        case .requestHeaderSectionSize(let size): (21, number(size))
        case .requestHeaderSize(let size): (22, .option(size?.value))
        case .requestTrailerSectionSize(let size): (23, number(size))
        case .requestTrailerSize(let size): (24, size.value)
        case .responseIncomplete: (25, nil)
        case .responseHeaderSectionSize(let size): (26, number(size))
        case .responseHeaderSize(let size): (27, size.value)
        case .responseBodySize(let size): (28, number(size))
        case .responseTrailerSectionSize(let size): (29, number(size))
        case .responseTrailerSize(let size): (30, size.value)
        case .responseTransferCoding(let coding): (31, text(coding))
        case .responseContentCoding(let coding): (32, text(coding))
        case .responseTimeout: (33, nil)
        case .upgradeFailed: (34, nil)
        case .protocolError: (35, nil)
        case .loopDetected: (36, nil)
        case .configurationError: (37, nil)
        case .internalError(let message): (38, text(message))
        }
    }

    /// - Parameter value: of this type.
    package init(_ value: Value) {
        let payload = value.payload
        func number64() -> UInt64? { payload?.optional?.u64 }
        func number32() -> UInt32? { payload?.optional?.u32 }
        func text() -> String? { Self.short(payload?.optional) }
        func size() -> FieldSize { FieldSize(payload!) }
        self =
            switch value.caseNumber {
            case 0: .dnsTimeout
            case 1:
                .dnsError(
                    rcode: Self.short(payload?.fields[0].optional), infoCode: payload?.fields[1].optional?.u16)
            case 2: .destinationNotFound
            case 3: .destinationUnavailable
            case 4: .destinationIPProhibited
            case 5: .destinationIPUnroutable
            case 6: .connectionRefused
            case 7: .connectionTerminated
            case 8: .connectionTimeout
            case 9: .connectionReadTimeout
            case 10: .connectionWriteTimeout
            case 11: .connectionLimitReached
            case 12: .tlsProtocolError
            case 13: .tlsCertificateError
            case 14:
                .tlsAlertReceived(
                    id: payload?.fields[0].optional?.u8, message: Self.short(payload?.fields[1].optional))
            case 15: .requestDenied
            case 16: .requestLengthRequired
            case 17: .requestBodySize(number64())
            case 18: .requestMethodInvalid
            case 19: .requestURIInvalid
            case 20: .requestURITooLong
            case 21: .requestHeaderSectionSize(number32())
            case 22: .requestHeaderSize(payload?.optional.map { FieldSize($0) })
            case 23: .requestTrailerSectionSize(number32())
            case 24: .requestTrailerSize(size())
            case 25: .responseIncomplete
            case 26: .responseHeaderSectionSize(number32())
            case 27: .responseHeaderSize(size())
            case 28: .responseBodySize(number64())
            case 29: .responseTrailerSectionSize(number32())
            case 30: .responseTrailerSize(size())
            case 31: .responseTransferCoding(text())
            case 32: .responseContentCoding(text())
            case 33: .responseTimeout
            case 34: .upgradeFailed
            case 35: .protocolError
            case 36: .loopDetected
            case 37: .configurationError
            default: .internalError(text())
            }
    }

    /// A text of a component's, as pages and logs may show it.
    fileprivate static func short(_ value: Value?) -> String? {
        guard let text = value?.string else { return nil }
        guard text.utf8.count > textLimit else { return PrintableText.line(text) }
        return PrintableText.line(String(decoding: text.utf8.prefix(textLimit), as: UTF8.self)) + "…"
    }

    /// In bytes.
    private static let textLimit = 1024

    /// Its name in the interface, and what it has with it.
    package var description: String {
        let (number, payload) = parts
        let detail: String? =
            switch self {
            case .internalError(let message): message
            case .requestBodySize(let size), .responseBodySize(let size): size.map { "\($0) bytes" }
            default: payload == nil ? nil : "\(self.parts.payload!)"
            }
        return detail.map { "\(Self.cases[number].0) (\($0))" } ?? Self.cases[number].0
    }
}

extension HTTPErrorCode.FieldSize {
    fileprivate var value: Value {
        .record([.option(name.map { .string($0) }), .option(size.map { .u32($0) })])
    }

    fileprivate init(_ value: Value) {
        self.init(name: HTTPErrorCode.short(value.fields[0].optional), size: value.fields[1].optional?.u32)
    }
}

// MARK: Of the client's errors

extension HTTPErrorCode {
    /// What a component is told of a request that failed.
    init(_ error: ClientError) {
        self =
            switch error.reason {
            case .untrustedServer: .tlsCertificateError
            case .tls: .tlsProtocolError
            case .unknownHost(let problem): .dnsError(rcode: problem, infoCode: nil)
            case .cannotConnect(let error):
                switch error.code {
                case EHOSTUNREACH, ENETUNREACH, ENETDOWN: .destinationIPUnroutable
                case ECONNREFUSED: .connectionRefused
                default: .destinationUnavailable
                }
            case .forbiddenAddress: .destinationIPProhibited
            case .connectTimedOut: .connectionTimeout
            case .timedOut: .connectionReadTimeout
            case .proxy: .configurationError
            case .cancelled, .disconnected: .connectionTerminated
            case .malformedResponse: .protocolError
            case .tooLarge(let limit): .responseHeaderSectionSize(UInt32(clamping: limit))
            case .invalidRequest(let problem): .internalError(problem)
            case .bodySource: .protocolError
            case .tooManyRedirects: .loopDetected
            case .system(let error): .internalError(error.description)
            }
    }
}
