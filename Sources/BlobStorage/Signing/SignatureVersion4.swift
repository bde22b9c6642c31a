import Cryptography
import HTTP
import Platform

/// Signs requests to AWS and to what speaks like it (AWS Signature Version 4: "Authenticating Requests (AWS Signature Version
/// 4)" in the Amazon S3 API Reference).
struct SignatureVersion4: Hashable, Sendable {
    let credentials: AWSCredentials
    let region: String
    var service = "s3"

    /// Adds the date, the digest of the body and the signature to a request.
    /// - Parameters:
    ///   - bodyDigest: The SHA-256 digest of the body.
    ///   - seconds: The time of the request, since 1970.
    func sign(_ request: inout ClientRequest, bodyDigest: SHA256Digest, at seconds: Int64) {
        let time = CivilTime(utcAt: seconds).basic + "Z"
        request.headers.set("x-amz-date", time)
        request.headers.set("x-amz-content-sha256", bodyDigest.hex)
        if let token = credentials.sessionToken { request.headers.set("x-amz-security-token", token) }
        let scope = "\(time.prefix(8))/\(region)/\(service)/aws4_request"
        let (names, text) = canonicalRequest(request, bodyDigest: bodyDigest.hex)
        let signature = HMACSHA256.code(
            of: stringToSign(time: time, scope: scope, canonicalRequest: text).utf8,
            key: signingKey(day: String(time.prefix(8)))
        ).hex
        request.headers.set(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
        )
    }

    func stringToSign(time: String, scope: String, canonicalRequest: String) -> String {
        "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n\(SHA256.hash(canonicalRequest.utf8))"
    }

    /// The key of a day, such as 20150830.
    func signingKey(day: String) -> [UInt8] {
        [day, region, service, "aws4_request"].reduce(Array("AWS4\(credentials.secretKey)".utf8)) { key, part in
            HMACSHA256.code(of: part.utf8, key: key).bytes
        }
    }

    /// The text that stands for a request, and the names of the fields that are signed: all of them.
    func canonicalRequest(_ request: ClientRequest, bodyDigest: String) -> (names: String, text: String) {
        var fields = [(name: "host", value: request.host ?? request.url.authority)]
        fields += request.headers.map { ($0.name.lowercased(), Self.trimmed($0.value)) }
        fields.sort { $0.name < $1.name }
        let names = fields.map(\.name).joined(separator: ";")
        let target = request.url.target
        let path = String(target.prefix { $0 != "?" })
        let text = [
            request.method.rawValue, path, Self.canonicalQuery(target.dropFirst(path.count + 1)),
            fields.map { "\($0.name):\($0.value)\n" }.joined(), names, bodyDigest,
        ].joined(separator: "\n")
        return (names, text)
    }

    /// Parameters sorted by name and value, each with its equals sign.
    private static func canonicalQuery(_ query: Substring) -> String {
        query.split(separator: "&").map { $0.contains("=") ? String($0) : "\($0)=" }
            .sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
            .joined(separator: "&")
    }

    private static func trimmed(_ value: String) -> String {
        value.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
}
