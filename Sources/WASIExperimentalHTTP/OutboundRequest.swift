import HTTP
import WebAssemblyRuntime

/// A guest's request, checked.
struct OutboundRequest {
    private var request: ClientRequest

    /// Makes sense of what the guest has written.
    ///
    /// - Parameter headers: `name:value` lines.
    init(
        url: String, method: String, headers: String, body: [UInt8], policy: OutboundHTTPPolicy
    ) throws(OutboundHTTPError) {
        guard let parsed = try? HTTPURL(url) else { throw .invalidURL }
        guard policy.allows(parsed) else {
            policy.problemObserver?(OutboundHTTPPolicy.refusal(of: parsed))
            throw .destinationNotAllowed
        }
        guard !method.isEmpty, method.utf8.allSatisfy(Self.isToken) else { throw .invalidMethod }
        var fields = Headers()
        for line in headers.utf8.split(separator: UInt8(ascii: "\n")) {
            var line = line
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if line.isEmpty { continue }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
                line[..<colon].allSatisfy(Self.isToken)
            else { throw .invalidEncoding }
            let value = line[line.index(after: colon)...].drop { $0 == 0x20 || $0 == 0x09 }
            guard value.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else { throw .invalidEncoding }
            fields.add(String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
        request = ClientRequest(
            Method(rawValue: method.uppercased()), parsed, headers: fields,
            body: body.isEmpty ? .empty : .bytes(body))
    }

    /// Sends the request, and waits for the whole response, as long as the guest may.
    mutating func send(
        _ policy: OutboundHTTPPolicy, for store: Store
    ) throws(OutboundHTTPError) -> OutboundHTTPContext.HeldResponse {
        request.cancellation = { store.isInterrupted }
        do throws(ClientError) {
            let response = try policy.client.send(request)
            let body = try response.readAll(limit: policy.maximumResponseBytes)
            return OutboundHTTPContext.HeldResponse(status: response.status, headers: response.headers, body: body)
        } catch {
            policy.problemObserver?("a request failed: \(error)")
            throw .requestError
        }
    }

    /// The characters of methods and field names (RFC 9110 section 5.6.2).
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
