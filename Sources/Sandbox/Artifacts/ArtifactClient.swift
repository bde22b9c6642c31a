package import Bindle
package import Content
import Export
import HTTP
import Platform

/// A client of the artifacts that a sandbox gives out at its control address.
package struct ArtifactClient: Sendable {
    private let client: Client
    private let origin: HTTPURL
    private let headers: Headers

    private static let longestInvoice = 256 << 20

    /// - Parameter credentials: What the sandbox asks for.
    package init(_ sandbox: RunningSandbox, credentials: BindleClient.Credentials) throws {
        client = Client(configuration: sandbox.clientConfiguration)
        origin = try HTTPURL(sandbox.bindle)
        headers = credentials.header.map { ["Authorization": $0] } ?? [:]
    }

    /// The URL below which all artifacts are, without a slash at the end.
    package var base: String { origin.origin + ArtifactPath.prefix.dropLast() }

    /// The digest of an archive, in hexadecimal digits.
    ///
    /// - Parameter path: The archive's, below the base, with its query.
    package func sha256(of path: String, part: Int = 1) throws -> String {
        let bytes = try get("\(path).sha256" + (part == 1 ? "" : "?part=\(part)"), limit: 1 << 16)
        return String(String(decoding: bytes, as: UTF8.self).prefix { $0 != " " })
    }

    /// The invoice of a release, or of a bindle where there is no release of that ID.
    package func invoice(_ id: BindleID) throws -> Invoice {
        try Invoice(
            try get("\(PercentEncoding.encodePath("\(id)"))/invoice.toml", limit: Self.longestInvoice), as: .toml)
    }

    /// The contents of a release.
    ///
    /// - Parameter directory: Where there is room for a content; each goes when it has been read.
    package func content(of id: BindleID, in directory: String) -> any ContentSource {
        RemoteContent(client: self, id: id, directory: directory)
    }

    private struct RemoteContent: ContentSource {
        let client: ArtifactClient
        let id: BindleID
        let directory: String

        func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent {
            let path = "\(directory)/\(file.digest.hex)"
            let descriptor = Platform.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw .unreadable(name: name, code: errno) }
            unlink(path)
            let content = OpenContent(adopting: descriptor, of: file)
            do {
                let parcel = "\(PercentEncoding.encodePath("\(id)"))/\(file.digest.hex).parcel"
                try client.get(parcel) { try FileWriter.write($0, to: descriptor, path: path) }
            } catch {
                throw .gone(name: name)
            }
            return content
        }
    }

    private func get(_ path: String, limit: Int) throws -> [UInt8] {
        let response = try response(path)
        return try response.readAll(limit: limit)
    }

    private func get(_ path: String, _ receive: (UnsafeRawBufferPointer) throws -> Void) throws {
        let response = try response(path)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { buffer.deallocate() }
        while case let count = try response.read(into: buffer), count > 0 {
            try receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// An answer that is not a refusal.
    private func response(_ path: String) throws -> ClientResponse {
        let url = try origin.resolving(ArtifactPath.prefix + path)
        let response = try client.send(ClientRequest(.get, url, headers: headers))
        guard response.status == .ok else {
            let text = String(decoding: try response.readAll(limit: 1 << 16), as: UTF8.self)
            throw ExportError("\(url) is refused: \(text.split(separator: "\n").first ?? "without a reason")")
        }
        return response
    }
}
