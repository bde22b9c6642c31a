package import HTTP
import JSON

/// A client of Nomad's API, which knows what the variables of nomad's own tools say.
package struct NomadClient: Sendable {
    package static let defaultAddress = "http://127.0.0.1:4646"

    /// Where Nomad is.
    package let address: HTTPURL
    private let client: Client
    private let token: String?
    /// What goes along with each request.
    private let query: [(name: String, value: String)]

    private static let answerLimit = 64 << 20

    /// - Parameter environment: `NOMAD_ADDR`, `NOMAD_TOKEN`, `NOMAD_NAMESPACE`, `NOMAD_REGION` and `NOMAD_CACERT` of it.
    package init(environment: [String: String]) throws(NomadError) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        do throws(HTTPURLError) { address = try HTTPURL(value("NOMAD_ADDR") ?? Self.defaultAddress) } catch {
            throw NomadError(.unreachable, "NOMAD_ADDR: \(error)")
        }
        token = value("NOMAD_TOKEN")
        query = [("namespace", value("NOMAD_NAMESPACE")), ("region", value("NOMAD_REGION"))]
            .compactMap { name, value in value.map { (name, $0) } }
        var configuration = ClientConfiguration()
        configuration.tls.authoritiesPath = value("NOMAD_CACERT")
        client = Client(configuration: configuration)
    }

    /// Whether Nomad is on this machine, as far as its address says.
    package var isLocal: Bool { ProxySettings.isLoopback(address.host) }

    /// What Nomad answers, if that is JSON, and the index that a query may wait for to be passed.
    func get(
        _ path: String, _ parameters: [(name: String, value: String)] = []
    ) throws(NomadError) -> (value: JSONValue, index: Int?) {
        let (bytes, headers) = try send(.get, path, parameters)
        return (try Self.json(bytes), headers["X-Nomad-Index"].flatMap { Int($0) })
    }

    func text(_ path: String, _ parameters: [(name: String, value: String)]) throws(NomadError) -> String {
        String(decoding: try send(.get, path, parameters).bytes, as: UTF8.self)
    }

    func post(_ path: String, _ body: JSONObject) throws(NomadError) -> JSONObject {
        guard let object = try Self.json(send(.post, path, body: body).bytes).object else {
            throw NomadError(.malformed, "Nomad's answer to \(path) is no object")
        }
        return object
    }

    private static func json(_ bytes: [UInt8]) throws(NomadError) -> JSONValue {
        do { return try JSONValue(parsing: bytes) } catch {
            throw NomadError(.malformed, "Nomad's answer is not JSON: \(error)")
        }
    }

    private func send(
        _ method: Method, _ path: String, _ parameters: [(name: String, value: String)] = [], body: JSONObject? = nil
    ) throws(NomadError) -> (bytes: [UInt8], headers: Headers) {
        let pairs = (query + parameters).map { name, value in "\(name)=\(PercentEncoding.encode(value))" }
        var headers: Headers = [:]
        if let token { headers.set("X-Nomad-Token", token) }
        if body != nil { headers.set("Content-Type", "application/json") }
        let answer: (status: Status, bytes: [UInt8], headers: Headers)
        do {
            let url = try address.resolving(path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")))
            let request = ClientRequest(
                method, url, headers: headers, body: body.map { .bytes(Array($0.serialized.utf8)) } ?? .empty)
            let response = try client.send(request)
            answer = (response.status, try response.readAll(limit: Self.answerLimit), response.headers)
        } catch {
            throw NomadError(.unreachable, "Nomad at \(address.origin) cannot be asked: \(error)")
        }
        guard answer.status == .ok else { throw NomadError(answer.status, answer.bytes) }
        return (answer.bytes, answer.headers)
    }
}

/// Why Nomad has not done what it was asked.
package struct NomadError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        case unreachable
        /// The token does not permit it.
        case notPermitted
        /// The job is another one than it was when it was planned.
        case staleIndex
        case refused
        /// It answered, and not as Nomad does.
        case malformed
    }

    package let kind: Kind
    package let description: String

    init(_ kind: Kind, _ description: String) {
        (self.kind, self.description) = (kind, description)
    }

    /// What an answer says: a message of several lines, with empty ones.
    fileprivate init(_ status: Status, _ body: [UInt8]) {
        let lines = String(decoding: body, as: UTF8.self).split(separator: "\n")
            .map { $0.drop { $0 == " " || $0 == "\t" } }.filter { !$0.isEmpty }
        let message = lines.joined(separator: "\n  ")
        switch status {
        case .forbidden:
            self.init(
                .notPermitted, "Nomad does not permit it (\(message)): NOMAD_TOKEN has to have the right to submit jobs"
            )
        case _ where message.contains("Enforcing job modify index"):
            self.init(.staleIndex, "the job was changed by somebody else meanwhile: \(message)")
        default: self.init(.refused, "Nomad answers with \(status.code): \(message)")
        }
    }
}
