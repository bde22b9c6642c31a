import ComponentModel
import HTTP
import WASIPreview2

extension ResourceType {
    static let fields = ResourceType(wasi: "wasi:http/types/fields", Fields.self)
    static let incomingRequest = ResourceType(wasi: "wasi:http/types/incoming-request", IncomingRequest.self)
    static let outgoingRequest = ResourceType(wasi: "wasi:http/types/outgoing-request", OutgoingRequest.self)
    static let requestOptions = ResourceType(wasi: "wasi:http/types/request-options", RequestOptions.self)
    static let responseOutparam = ResourceType(wasi: "wasi:http/types/response-outparam", ResponseOutparam.self)
    static let incomingResponse = ResourceType(wasi: "wasi:http/types/incoming-response", IncomingResponse.self)
    static let incomingBody = ResourceType(wasi: "wasi:http/types/incoming-body", IncomingBody.self)
    static let futureTrailers = ResourceType(wasi: "wasi:http/types/future-trailers", FutureTrailers.self)
    static let outgoingResponse = ResourceType(wasi: "wasi:http/types/outgoing-response", OutgoingResponse.self)
    static let outgoingBody = ResourceType(wasi: "wasi:http/types/outgoing-body", OutgoingBody.self) { body, _ in
        body.abandon()
    }
    static let futureIncomingResponse = ResourceType(
        wasi: "wasi:http/types/future-incoming-response", FutureIncomingResponse.self)
}

extension ValueType {
    static let httpErrorCode = HTTPErrorCode.valueType
    static let method = variant(
        ("get", nil), ("head", nil), ("post", nil), ("put", nil), ("delete", nil), ("connect", nil), ("options", nil),
        ("trace", nil), ("patch", nil), ("other", .string))
    static let scheme = variant(("HTTP", nil), ("HTTPS", nil), ("other", .string))
    static let headerError = enumerationLikeVariant("invalid-syntax", "forbidden", "immutable")
    static let fieldEntries = list(tuple(.string, .bytes))

    /// A variant none of whose cases has anything with it, which is another type than an enum.
    private static func enumerationLikeVariant(_ labels: String...) -> ValueType {
        ValueType(.variant(labels.map { Case($0) }))
    }
}

extension Method {
    private static let named: [Method] = [.get, .head, .post, .put, .delete, .connect, .options, .trace, .patch]

    /// A `method`.
    var value: Value {
        Self.named.firstIndex(of: self).map { .variant($0, nil) }
            ?? .variant(Self.named.count, .string(rawValue))
    }

    init(_ value: Value) {
        self = value.payload.map { Method(rawValue: $0.string) } ?? Self.named[value.caseNumber]
    }
}

/// `scheme`.
enum Scheme: Equatable {
    case http, https
    case other(String)

    init(_ name: String) {
        self =
            switch name.lowercased() {
            case "http": .http
            case "https": .https
            default: .other(name)
            }
    }

    init(_ value: Value) {
        self =
            switch value.caseNumber {
            case 0: .http
            case 1: .https
            default: .other(value.payload?.string ?? "")
            }
    }

    var value: Value {
        switch self {
        case .http: .variant(0, nil)
        case .https: .variant(1, nil)
        case .other(let name): .variant(2, .string(name))
        }
    }

    var byteCount: Int { if case .other(let name) = self { name.utf8.count } else { 0 } }

    /// Whether it is written as RFC 3986 has it.
    var isValid: Bool {
        guard case .other(let name) = self else { return true }
        return name.utf8.first.map(Self.isLetter) == true
            && name.utf8.allSatisfy { byte in
                Self.isLetter(byte) || (0x30...0x39).contains(byte) || "+-.".utf8.contains(byte)
            }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
