import Bindle
import HTTP
import JSON
import TestSupport
import Testing
import WebGuard

@testable import ControlPage

/// A control page with some sections, each answer of which is held against the document that describes the API.
struct DescribedPage {
    let page: ControlPage
    private let description: APIDescription

    init(_ store: any BindleStorage, requests: RequestList = RequestList(), _ sections: [any ControlSection]) throws {
        page = ControlPage(
            store: store, appURL: "http://127.0.0.1:3000/", version: "1", webGuard: WebGuard(), authentication: nil,
            requests: requests, sections: sections)
        description = try APIDescription(PageFile.description.bytes)
    }

    /// - Parameter path: as the document has it; by default the target without its query.
    func respond(
        _ method: HTTP.Method, _ target: String, _ body: String = "{}", type: String = "application/json",
        described path: String? = nil
    ) throws -> Response {
        let request = Request(
            method: method, target: "/api/v1" + target, headers: ["Host": "127.0.0.1:8080", "Content-Type": type])
        var response = try #require(page.respond(to: request, RequestBody(Array(body.utf8))))
        let bytes = try Self.bytes(of: response.body)
        response.body = .bytes(bytes)
        try description.check(
            response.status.code, bytes, to: method.rawValue, path ?? String(target.prefix { $0 != "?" }))
        return response
    }

    /// What is answered, as JSON.
    func send(
        _ method: HTTP.Method, _ target: String, _ body: String = "{}", type: String = "application/json"
    ) throws -> (status: Int, body: JSONObject) {
        let response = try respond(method, target, body, type: type)
        return (response.status.code, try #require(try JSONValue(parsing: Self.bytes(of: response.body)).object))
    }

    /// The bytes of a body, whatever it is.
    static func bytes(of body: Response.Body) throws -> [UInt8] {
        switch body {
        case .bytes(let bytes): return bytes
        case .stream(_, let write):
            // Through a server, which is what has a writer.
            let server = try Server(socket: ListeningSocket(binding: .loopback(port: 0))) { _, _, writer in
                try writer.respond(Response(body: .stream(length: nil, write)))
            }
            try server.start()
            defer { server.stop() }
            return try Client().send(ClientRequest(.get, HTTPURL("http://\(server.address)/"))).readAll(limit: 1 << 24)
        default: return []
        }
    }
}
