import Cryptography
import HTTP
import Platform

/// Signs requests to Azure Blob Storage by the key of the account ("Authorize with Shared Key" in the Azure Storage REST API
/// Reference; the form of versions from 2015-02-21 on).
struct SharedKeySignature: Hashable, Sendable {
    let account: String
    let key: [UInt8]

    /// Adds the signature to a request, which has its date already.
    /// - Parameter length: Bytes of the body.
    func sign(_ request: inout ClientRequest, length: Int) {
        let code = HMACSHA256.code(of: stringToSign(request, length: length).utf8, key: key)
        request.headers.set("Authorization", "SharedKey \(account):\(Base64.encode(code.bytes))")
    }

    /// The fields that stand in the text by their places, after the method.
    private static let fields = [
        "Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date",
        "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
    ]

    func stringToSign(_ request: ClientRequest, length: Int) -> String {
        let values = Self.fields.map { name in
            name == "Content-Length" ? (length == 0 ? "" : String(length)) : request.headers[name] ?? ""
        }
        let own = request.headers.map { ($0.name.lowercased(), $0.value) }.filter { $0.0.hasPrefix("x-ms-") }
            .sorted { $0.0 < $1.0 }
            .map { "\($0.0):\($0.1)\n" }.joined()
        return ([request.method.rawValue] + values).joined(separator: "\n") + "\n" + own + resource(request.url)
    }

    /// The account, the path as it is sent, and the parameters as they are meant.
    private func resource(_ url: HTTPURL) -> String {
        let path = url.target.prefix { $0 != "?" }
        var parameters: [String: [String]] = [:]
        for parameter in url.target.dropFirst(path.count + 1).split(separator: "&") {
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = PercentEncoding.decode(parts[0]) ?? String(parts[0])
            let value = parts.count > 1 ? PercentEncoding.decode(parts[1]) ?? String(parts[1]) : ""
            parameters[name.lowercased(), default: []].append(value)
        }
        return "/\(account)\(path)"
            + parameters.sorted { $0.key < $1.key }
            .map { "\n\($0.key):\($0.value.sorted().joined(separator: ","))" }.joined()
    }
}
