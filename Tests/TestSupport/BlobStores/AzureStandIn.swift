import Cryptography
import Foundation
package import HTTP
import Synchronization

/// The part of Azure Blob Storage that a store of parcels needs, in memory. It checks each signature by an implementation of
/// its own, by shared key or by a shared access signature of the service ("Create a service SAS", version 2020-12-06 on).
package final class AzureStandIn: Sendable {
    package static let account = "devstoreaccount1"
    /// The key that all emulators have.
    package static let key =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    /// A container that is there.
    package static let container = "parcels"

    private struct State: Sendable {
        var blobs: [String: [UInt8]] = [:]
        var blocks: [String: [String: [UInt8]]] = [:]
        var failures: [Response] = []
        var requests: [String] = []
        var pageSize = 5000
    }

    private let server: Server
    private let scheme: String
    private let state: Holder

    private final class Holder: Sendable {
        let value = Mutex(State())
    }

    /// - Parameter identity: With whose certificate it speaks TLS; `nil` for plain HTTP.
    package init(identity: TLSIdentity? = nil) throws {
        let holder = Holder()
        state = holder
        scheme = identity == nil ? "http" : "https"
        var configuration = ServerConfiguration()
        configuration.tls = identity
        server = Server(
            socket: try ListeningSocket(binding: .loopback(port: 0)), configuration: configuration,
            handler: { request, body, writer in
                let bytes = try body.readAll(limit: 64 << 20)
                try writer.respond(Self.answer(request, bytes, holder))
            })
        try server.start()
    }

    deinit {
        server.stop()
    }

    /// `http://127.0.0.1:PORT/ACCOUNT`, or with `https`.
    package var url: String { "\(scheme)://\(server.address)/\(Self.account)" }

    /// The variables by which Azure's tools, and what is tested, are told of it.
    package var environment: [String: String] {
        ["AZURE_STORAGE_CONNECTION_STRING": "AccountName=\(Self.account);AccountKey=\(Self.key);BlobEndpoint=\(url)"]
    }

    /// Blobs by their names in the container.
    package var blobs: [String: [UInt8]] { state.value.withLock { $0.blobs } }

    /// Puts other bytes into a blob.
    package func set(_ name: String, _ bytes: [UInt8]?) { state.value.withLock { $0.blobs[name] = bytes } }

    /// Method and target of each request that had a right signature.
    package var requests: [String] { state.value.withLock { $0.requests } }

    /// Answers the next requests so, one after the other.
    package func fail(_ responses: [Response]) { state.value.withLock { $0.failures = responses } }

    /// Has a list have pages of so many entries.
    package func setPageSize(_ size: Int) { state.value.withLock { $0.pageSize = size } }

    // MARK: - Answers

    private static func answer(_ request: Request, _ body: [UInt8], _ holder: Holder) -> Response {
        guard isAuthentic(request, length: body.count) else {
            return refusal(.forbidden, "AuthenticationFailed", "the signature is wrong")
        }
        return holder.value.withLock { state in
            state.requests.append("\(request.method) \(request.target)")
            if !state.failures.isEmpty { return state.failures.removeFirst() }
            return answer(request, body, &state)
        }
    }

    private static func answer(_ request: Request, _ body: [UInt8], _ state: inout State) -> Response {
        let root = "/\(account)/\(container)"
        guard let path = request.path.removingPercentEncoding, path == root || path.hasPrefix(root + "/") else {
            return refusal(.notFound, "ContainerNotFound", "there is no such container")
        }
        let query = Dictionary(request.queryParameters.map { ($0.name, $0.value) }) { first, _ in first }
        guard path != root else { return list(query, state) }
        let name = String(path.dropFirst(root.count + 1))
        let blob = state.blobs[name]
        switch request.method {
        case .put:
            if query["comp"] == "block", let id = query["blockid"] {
                state.blocks[name, default: [:]][id] = body
                return Response(status: .created)
            }
            if request.headers["If-None-Match"] == "*", blob != nil {
                return refusal(.conflict, "BlobAlreadyExists", "The specified blob already exists.")
            }
            if query["comp"] == "blocklist" {
                let text = String(decoding: body, as: UTF8.self)
                var bytes: [UInt8] = []
                for part in text.components(separatedBy: "<Latest>").dropFirst() {
                    let id = String(part.prefix { $0 != "<" })
                    guard let block = state.blocks[name]?[id] else {
                        return refusal(.badRequest, "InvalidBlockList", "there is no block \(id)")
                    }
                    bytes += block
                }
                state.blocks[name] = nil
                state.blobs[name] = bytes
            } else {
                guard request.headers["x-ms-blob-type"] == "BlockBlob" else {
                    return refusal(.badRequest, "MissingRequiredHeader", "x-ms-blob-type")
                }
                state.blobs[name] = body
            }
            return Response(status: .created, headers: tags)
        case .get, .head:
            guard let blob else { return refusal(.notFound, "BlobNotFound", "The specified blob does not exist.") }
            return read(blob, request)
        case .delete:
            guard state.blobs.removeValue(forKey: name) != nil else {
                return refusal(.notFound, "BlobNotFound", "The specified blob does not exist.")
            }
            return Response(status: .accepted)
        default: return refusal(.methodNotAllowed, "UnsupportedHttpVerb", "\(request.method)")
        }
    }

    private static let tags: Headers = [
        "ETag": "\"0x8D\"", "Last-Modified": "Fri, 26 Jun 2026 12:00:00 GMT", "x-ms-blob-type": "BlockBlob",
        "x-ms-version": "2021-12-02", "x-ms-request-id": "1", "x-ms-server-encrypted": "true",
    ]

    private static func read(_ blob: [UInt8], _ request: Request) -> Response {
        var headers = tags
        headers.set("Content-Type", "application/octet-stream")
        guard let text = request.headers["x-ms-range"] ?? request.headers["Range"], text.hasPrefix("bytes=") else {
            return Response(headers: headers, body: .bytes(blob))
        }
        let bounds = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2, let first = Int(bounds[0]), first < blob.count else {
            return refusal(.rangeNotSatisfiable, "InvalidRange", text)
        }
        let end = min((Int(bounds[1]) ?? Int.max - 1) + 1, blob.count)
        headers.set("Content-Range", "bytes \(first)-\(end - 1)/\(blob.count)")
        return Response(status: .partialContent, headers: headers, body: .bytes(Array(blob[first..<end])))
    }

    private static func list(_ query: [String: String], _ state: State) -> Response {
        guard query["restype"] == "container", query["comp"] == "list" else {
            return Response(status: .created, headers: tags)
        }
        let names = state.blobs.keys.filter { $0.hasPrefix(query["prefix"] ?? "") && $0 > query["marker"] ?? "" }
            .sorted()
        let page = names.prefix(state.pageSize)
        let entries = page.map { name in
            "<Blob><Name>\(name)</Name><Properties><Content-Length>\(state.blobs[name]!.count)</Content-Length>"
                + "<BlobType>BlockBlob</BlobType></Properties></Blob>"
        }
        let next = page.count < names.count ? page.last! : ""
        let text =
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"\(container)\"><Blobs>"
            + entries.joined() + "</Blobs><NextMarker>\(next)</NextMarker></EnumerationResults>"
        return Response(headers: ["Content-Type": "application/xml"], body: .bytes(Array(text.utf8)))
    }

    private static func refusal(_ status: Status, _ code: String, _ message: String) -> Response {
        let text =
            "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>\(message)\nRequestId:1</Message></Error>"
        return Response(
            status: status, headers: ["Content-Type": "application/xml", "x-ms-error-code": code],
            body: .bytes(Array(text.utf8)))
    }

    // MARK: - Signatures

    private static func isAuthentic(_ request: Request, length: Int) -> Bool {
        if let given = request.headers["Authorization"] {
            return given == "SharedKey \(account):" + code(of: sharedKeyText(request, length))
        }
        let query = Dictionary(request.queryParameters.map { ($0.name, $0.value) }) { first, _ in first }
        guard let signature = query["sig"] else { return false }
        // Spaces and plus signs are different things there.
        let raw = Dictionary(
            (request.query ?? "").components(separatedBy: "&").map { field in
                let parts = field.components(separatedBy: "=")
                return (parts[0], parts.dropFirst().joined(separator: "=").removingPercentEncoding ?? "")
            }
        ) { first, _ in first }
        func field(_ name: String) -> String { raw[name] ?? "" }
        let text = [
            field("sp"), field("st"), field("se"), "/blob/\(account)/\(container)", field("si"), field("sip"),
            field("spr"), field("sv"), field("sr"), "", field("ses"), field("rscc"), field("rscd"), field("rsce"),
            field("rscl"), field("rsct"),
        ].joined(separator: "\n")
        return field("sig") == code(of: text) && !signature.isEmpty
    }

    private static func sharedKeyText(_ request: Request, _ length: Int) -> String {
        var text = "\(request.method)\n"
        for name in ["content-encoding", "content-language"] { text += (request.headers[name] ?? "") + "\n" }
        text += length > 0 ? "\(length)\n" : "\n"
        for name in [
            "content-md5", "content-type", "date", "if-modified-since", "if-match", "if-none-match",
            "if-unmodified-since", "range",
        ] {
            text += (request.headers[name] ?? "") + "\n"
        }
        var own: [String] = []
        for field in request.headers where field.name.lowercased().hasPrefix("x-ms-") {
            own.append("\(field.name.lowercased()):\(field.value)")
        }
        text += own.sorted { $0.prefix { $0 != ":" } < $1.prefix { $0 != ":" } }.joined(separator: "\n")
        text += "\n/\(account)\(request.path)"
        let parameters = (request.query ?? "").components(separatedBy: "&").filter { !$0.isEmpty }.map { field in
            let parts = field.components(separatedBy: "=").map { $0.removingPercentEncoding ?? $0 }
            return "\n\(parts[0].lowercased()):\(parts.dropFirst().joined(separator: "="))"
        }
        return text + parameters.sorted().joined()
    }

    private static func code(of text: String) -> String {
        let key = Data(base64Encoded: key)!
        return Data(HMACSHA256.code(of: text.utf8, key: Array(key)).bytes).base64EncodedString()
    }

    /// A shared access signature that allows everything in the container for a day.
    package static func sharedAccess() -> String {
        let end = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: 86_400))
        let text =
            ["racwdl", "", end, "/blob/\(account)/\(container)", "", "", "", "2020-12-06", "c"]
            .joined(separator: "\n") + String(repeating: "\n", count: 7)
        let allowed = CharacterSet.alphanumerics
        let signature = code(of: text).addingPercentEncoding(withAllowedCharacters: allowed)!
        return
            "sv=2020-12-06&sr=c&sp=racwdl&se=\(end.addingPercentEncoding(withAllowedCharacters: allowed)!)&sig=\(signature)"
    }
}
