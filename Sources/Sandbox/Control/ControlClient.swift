import Bindle
package import HTTP
package import JSON
import Platform

/// A client of the API at a running sandbox's control address.
package struct ControlClient: Sendable {
    /// Larger answers than this are not read, in bytes.
    private static let answerLimit = 64 << 20

    private let baseURL: HTTPURL
    private let credentials: BindleClient.Credentials
    private let client: Client

    /// - Parameter store: the file of the sandbox's store, by which its token is found.
    init(_ sandbox: RunningSandbox, store: String) throws {
        let server = sandbox.bindle.hasSuffix("/v1") ? String(sandbox.bindle.dropLast(2)) : sandbox.bindle
        baseURL = try HTTPURL(server)
        credentials = try AccessToken.credentials(forStore: store, environment: ProcessEnvironment.all)
        client = Client(configuration: sandbox.clientConfiguration)
    }

    /// Sends a request, and reads the object that answers it.
    ///
    /// - Parameters:
    ///   - path: below `/api/v1`, with the query.
    ///   - body: an object to send; `nil` for none.
    /// - Throws: `ControlClientError` with what the sandbox says is wrong.
    @discardableResult
    package func send(_ method: Method, _ path: String, _ body: JSONObject? = nil) throws -> JSONObject {
        var headers: Headers = ["Accept": "application/json"]
        if let authorization = credentials.header { headers.set("Authorization", authorization) }
        if body != nil { headers.set("Content-Type", "application/json") }
        let bytes = body.map { ClientRequest.Body.bytes(Array($0.serialized.utf8)) } ?? .empty
        let url = try baseURL.resolving("/api/v1\(path)")
        let response = try client.send(ClientRequest(method, url, headers: headers, body: bytes))
        let answer = try response.readAll(limit: Self.answerLimit)
        let object = answer.isEmpty ? JSONObject() : try? JSONValue(parsing: answer).object
        guard (200..<300).contains(response.status.code), let object else {
            let message = object?["error"]?.string
            throw ControlClientError(
                description: message ?? "\(baseURL) answers with \(response.status.code): is it a sandbox's server?")
        }
        return object
    }

    /// A parameter of a query, as it stands in a URL.
    package static func escaped(_ text: String) -> String {
        let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        var result: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            result +=
                unreserved.contains(byte)
                ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// What a sandbox says is wrong with a request.
package struct ControlClientError: Error, Hashable, CustomStringConvertible {
    package let description: String
}
