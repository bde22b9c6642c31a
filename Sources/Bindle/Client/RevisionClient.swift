package import HTTP
import TOML

/// A client of a running sandbox: asks its Bindle server for revisions, and has it bring one back.
package struct RevisionClient: Sendable {
    private let baseURL: HTTPURL
    private let client: Client
    /// Larger answers than this are not read.
    private static let answerLimit = 256 << 20

    private let credentials: BindleClient.Credentials

    /// - Parameters:
    ///   - bindleURL: The URL of the sandbox's Bindle server, ending in `/v1`.
    ///   - credentials: What the server asks for if others can reach it.
    ///   - tls: How the server is known, for an `https` URL.
    package init(
        bindleURL: String, credentials: BindleClient.Credentials = .none, tls: TLSPolicy = TLSPolicy()
    ) throws(RevisionClientError) {
        self.credentials = credentials
        do { baseURL = try HTTPURL(bindleURL) } catch { throw RevisionClientError("\(error)") }
        var configuration = ClientConfiguration()
        // A rollback is answered when the revision serves.
        configuration.stallTimeout = .seconds(120)
        configuration.tls = tls
        client = Client(configuration: configuration)
    }

    package func revisions() throws(RevisionClientError) -> [RevisionSummary] {
        let table = try send(.get, "/revisions")
        do { return try RevisionSummary.list(in: table) } catch { throw malformed(error) }
    }

    package func changes(from first: Int, to second: Int) throws(RevisionClientError) -> RevisionComparison {
        let table = try send(.get, "/revisions/\(first)/changes/\(second)")
        do { return try RevisionComparison(table) } catch { throw malformed(error) }
    }

    /// Brings a revision back.
    /// - Returns: The revision that serves its content.
    package func restore(revision number: Int) throws(RevisionClientError) -> Revision {
        let table = try send(.post, "/revisions/\(number)/restore")
        do {
            return try Revision(TableReader(table, keys: Revision.keys))
        } catch {
            throw malformed(error)
        }
    }

    private func malformed(_ problem: InvoiceProblem) -> RevisionClientError {
        RevisionClientError("\(baseURL) gives an answer that is not understood: \(problem)")
    }

    private func send(_ method: Method, _ path: String) throws(RevisionClientError) -> TOMLTable {
        let json = DocumentEncoding.json
        let answer: (status: Status, bytes: [UInt8])
        do {
            let url = try baseURL.resolving(path)
            var headers: Headers = ["Accept": json.mediaType, "Content-Type": json.mediaType]
            if let authorization = credentials.header { headers.set("Authorization", authorization) }
            let response = try client.send(ClientRequest(method, url, headers: headers, body: .empty))
            answer = (response.status, try response.readAll(limit: Self.answerLimit))
        } catch {
            throw RevisionClientError("\(error)")
        }
        let table = try? json.decode(answer.bytes)
        guard answer.status == .ok else {
            let message = table?["error"]?.string
            throw RevisionClientError(
                message ?? "\(baseURL) answers with \(answer.status.code): is it a sandbox's server?")
        }
        guard let table else {
            throw RevisionClientError("\(baseURL) does not answer in JSON: is it a sandbox's server?")
        }
        return table
    }
}

/// Why a sandbox did not tell or do what it was asked.
package struct RevisionClientError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
