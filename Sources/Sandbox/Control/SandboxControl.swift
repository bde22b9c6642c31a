import Bindle
import ControlPage
package import HTTP
package import JSON
import Platform

/// The control API of a project's sandbox, for commands: that of the sandbox while it runs, and otherwise the parts of it that
/// need nothing but the store.
package struct SandboxControl: Sendable {
    private enum Access {
        case running(Client, HTTPURL, authorization: String?)
        case stopped([any ControlSection])
    }

    private let access: Access
    /// Larger answers than this are not read, in bytes.
    private static let answerLimit = 64 << 20

    /// The API of the sandbox whose Bindle server has this URL.
    ///
    /// - Parameters:
    ///   - token: What that server asks for; nil if it asks for nothing.
    ///   - tls: How that server is known, for an `https` URL.
    package init(bindleURL: String, token: String?, tls: TLSPolicy) throws {
        let credentials = token.map { BindleClient.Credentials.bearer(token: $0) } ?? .none
        access = try Self.access(bindleURL, credentials, tls)
    }

    /// The API of a project's sandbox.
    ///
    /// - Parameters:
    ///   - path: The project, as for `hippo-dev up`.
    ///   - store: The store's file, where it is not the one of the project's settings.
    package init(path: String, store: String?) throws {
        switch try StoreAccess.find(path: path, store: store) {
        case .running(let sandbox, let credentials):
            access = try Self.access(sandbox.bindle, credentials, sandbox.tls)
        case .stopped(let store):
            let settings = try SettingsFile.read(inProject: try Project(at: path).directory)
            access = .stopped(Self.sections(of: store, appHosts: settings.allowedHosts))
        }
    }

    private static func access(
        _ bindleURL: String, _ credentials: BindleClient.Credentials, _ tls: TLSPolicy
    ) throws -> Access {
        var configuration = ClientConfiguration()
        // What begins to serve is answered when it does.
        configuration.stallTimeout = .seconds(120)
        configuration.tls = tls
        let url = try HTTPURL(bindleURL).resolving("/api/v1/")
        return .running(Client(configuration: configuration), url, authorization: credentials.header)
    }

    /// The parts of the API that need nothing but a store.
    private static func sections(of store: BindleStore, appHosts: [String]) -> [any ControlSection] {
        [
            ChannelSection(StoredChannels(store, appHosts: appHosts)),
            ReleaseSection(store: store), ComparisonSection(store: store), BindleSection(store: store),
            RevisionSection(store: store) { number in
                do throws(StoreError) { return .success(try store.restore(revision: number)) } catch {
                    return .failure(.store(error))
                }
            },
        ]
    }

    /// Whether a sandbox runs on it.
    package var isRunning: Bool {
        if case .running = access { true } else { false }
    }

    /// Sends a request, and reads the answer.
    ///
    /// - Parameters:
    ///   - path: Below `/api/v1`, such as `releases`.
    ///   - parameters: Of the query. Those without a value are left out.
    /// - Throws: `SandboxControlError` with what the API says is wrong, or why there is no answer.
    package func send(
        _ method: Method, _ path: String, _ parameters: KeyValuePairs<String, String?> = [:], body: JSONObject? = nil
    ) throws(SandboxControlError) -> JSONObject {
        let query = parameters.compactMap { name, value in
            value.map { "\(name)=\(PercentEncoding.encode($0))" }
        }
        let target = path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        let text = body.map { Array($0.serialized.utf8) }
        let (status, bytes) =
            switch access {
            case .running(let client, let url, let authorization):
                try Self.ask(client, url, authorization, method, target, text)
            case .stopped(let sections): try Self.ask(sections, method, path, target, text)
            }
        let object = try? JSONValue(parsing: bytes).object
        guard (200..<300).contains(status.code), let object else {
            throw SandboxControlError(
                status: status,
                description: object?["error"]?.string
                    ?? "the sandbox answers with \(status.code): is it one of this version of hippo-dev?")
        }
        return object
    }

    private static func ask(
        _ client: Client, _ url: HTTPURL, _ authorization: String?, _ method: Method, _ target: String, _ body: [UInt8]?
    ) throws(SandboxControlError) -> (Status, [UInt8]) {
        var headers: Headers = ["Accept": "application/json"]
        if body != nil { headers.set("Content-Type", "application/json") }
        if let authorization { headers.set("Authorization", authorization) }
        do {
            let url = try url.resolving(target)
            let response = try client.send(
                ClientRequest(method, url, headers: headers, body: body.map { .bytes($0) } ?? .empty))
            return (response.status, try response.readAll(limit: answerLimit))
        } catch {
            throw SandboxControlError(status: nil, description: "\(error)")
        }
    }

    private static func ask(
        _ sections: [any ControlSection], _ method: Method, _ path: String, _ target: String, _ body: [UInt8]?
    ) throws(SandboxControlError) -> (Status, [UInt8]) {
        let request = ControlRequest(
            Request(
                method: method, target: "/api/v1/" + target,
                headers: body == nil ? [:] : ["Content-Type": "application/json"]),
            path: path.split(separator: "/").map(String.init), body: RequestBody(body ?? []))
        do throws(ControlFailure) {
            for section in sections {
                guard let response = try section.respond(to: request) else { continue }
                guard case .bytes(let bytes) = response.body else { break }
                return (response.status, bytes)
            }
        } catch {
            throw SandboxControlError(status: error.status, description: error.message)
        }
        throw SandboxControlError(
            status: .notFound, description: "this needs a sandbox that runs: start it with hippo-dev up")
    }
}

/// Why a sandbox did not tell or do what it was asked.
package struct SandboxControlError: Error, Hashable, CustomStringConvertible {
    /// `nil` if there was no answer.
    package let status: Status?
    package let description: String
}
