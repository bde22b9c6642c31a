import Bindle
import HTTP
import JSON
import TestSupport
import Testing
import WebGuard

@testable import ControlPage

@Suite("A section of the control page's API")
struct ControlSectionTests {
    /// Answers POST at `/echo` with the text that it gets.
    private struct Echo: ControlSection {
        func respond(to request: ControlRequest) throws(ControlFailure) -> Response? {
            guard request.path == ["echo"] else { return nil }
            try request.allow(.post)
            let isLoud = try request.parameters(["loud"]).isSet("loud")
            let text = try request.json(["text"])["text"]?.string ?? ""
            return Response(json: ["text": .string(isLoud ? text.uppercased() : text)], status: .created)
        }
    }

    let directory: TemporaryDirectory
    let store: BindleStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try BindleStore(path: directory.path + "/bindles.sqlite")
    }

    private func send(
        _ target: String, _ body: String = "", _ headers: Headers = ["Content-Type": "application/json"],
        method: HTTP.Method = .post, token: String? = nil
    ) -> Response {
        let page = ControlPage(
            store: store, appURL: "http://127.0.0.1:3000/", version: "1", webGuard: WebGuard(),
            authentication: token.map { ServerAuthentication(tokens: [$0]) }, sections: [Echo()])
        var all: Headers = ["Host": "127.0.0.1:8080"]
        for field in headers { all.add(field.name, field.value) }
        return page.respond(
            to: Request(method: method, target: "/api/v1" + target, headers: all), RequestBody(Array(body.utf8)))!
    }

    @Test("answers at its paths, with what the body says") func answer() {
        let response = send("/echo?loud=true", #"{"text": "a"}"#, ["Content-Type": "application/json; charset=utf-8"])
        #expect(response.status == .created)
        guard case .bytes(let bytes) = response.body else {
            Issue.record("The body is not in memory.")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"text":"A"}"#)
    }

    @Test("refuses what it does not know, each with the status that says why") func refusals() {
        #expect(send("/echo/more").status == .notFound && send("/ech").status == .notFound)
        #expect(send("/echo", method: .get).status == .methodNotAllowed)
        #expect(send("/echo", method: .get).headers["Allow"] == "POST")
        #expect(send("/echo?quiet=true", "{}").status == .badRequest)
        #expect(send("/echo?loud=1", "{}").status == .badRequest)
        for body in ["", "[1]", "{", #"{"sound": "a"}"#] {
            #expect(send("/echo", body).status == .badRequest, "\(body)")
        }
        #expect(send("/echo", String(repeating: " ", count: 2 << 20) + "{}").status == .contentTooLarge)
        // What a form of another site's page can send.
        for type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
            #expect(send("/echo", "{}", ["Content-Type": type]).status == .unsupportedMediaType, "\(type)")
        }
        #expect(send("/echo", "{}", [:]).status == .unsupportedMediaType)
    }

    @Test("has others have their turn while it waits") func waiting() throws {
        var hasWaited = false
        let request = ControlRequest(Request(target: "/api/v1/echo"), path: ["echo"], body: RequestBody([])) { wait in
            hasWaited = true
            wait()
        }
        #expect(request.whileWaiting { 7 } == 7 && hasWaited)
        #expect(throws: ControlFailure(.conflict, "no")) {
            try request.whileWaiting { () throws(ControlFailure) -> Int in throw ControlFailure(.conflict, "no") }
        }
    }

    @Test("is asked by nobody who may not see the project") func guarded() {
        #expect(send("/echo", "{}", ["Sec-Fetch-Site": "same-site"]).status == .forbidden)
        #expect(send("/echo", "{}", ["Origin": "http://127.0.0.1:3000"]).status == .forbidden)
        #expect(send("/echo", "{}", token: "secret").status == .unauthorized)
        #expect(send("/echo", "x", method: .get, token: "secret").status == .unauthorized)
    }
}
