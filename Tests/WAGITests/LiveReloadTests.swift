import HTTP
import SandboxProtocol
import Testing

@testable import WAGI

/// Live reload over real HTTP, with modules and without.
struct LiveReloadTests {
    static let navigation: Headers = ["Sec-Fetch-Dest": "document"]

    private static func served(_ module: String, reloadsPages: Bool = true) throws -> (ServedApplication, LiveReload) {
        let reload = LiveReload(revision: 3)
        reload.update(ProjectStatus(session: "s", reloadsPages: reloadsPages))
        return (try ServedApplication(module) { $0.liveReload = reload }, reload)
    }

    @Test(
        "A modules page gets the script",
        arguments: ["content-type: text/html\n\n", "content-type: text/html\ncontent-length: 26\n\n"])
    func aModulesPageGetsTheScript(head: String) throws {
        let page = "<!doctype html><p>hello</p>".dropLast()
        let (app, _) = try Self.served(Guest.printing(head + page))
        let answer = try app.get("/", headers: Self.navigation)
        let script = "<script src=\"/.hippo/reload.js\" data-revision=\"s-3\" data-request=\"1\" async></script>"
        #expect(answer.body == "<!doctype html>" + script + "<p>hello</p")
        #expect(try app.get("/").body == page)
    }

    @Test("An empty page gets it too") func anEmptyPageGetsItToo() throws {
        let (app, _) = try Self.served(Guest.printing("content-type: text/html\n\n"))
        #expect(try app.get("/", headers: Self.navigation).body.hasPrefix("<script"))
    }

    @Test("Modules never see the paths of the sandbox") func modulesNeverSeeThePathsOfTheSandbox() throws {
        let (app, _) = try Self.served(Guest.printing("content-type: text/plain\n\nthe module"))
        let script = try app.get("/.hippo/reload.js")
        #expect(script.headers["Content-Type"] == "text/javascript; charset=utf-8")
        #expect(script.body.contains("EventSource"))
        #expect(try app.get("/.hippo/other").status == 404)
        #expect(try app.send(.post, "/.hippo/events", body: .bytes([1])).status == 405)
        #expect(try app.get("/.hippo/events", headers: ["Origin": "http://evil.example"]).status == 403)
    }

    @Test("Without live reload all is the modules") func withoutLiveReloadAllIsTheModules() throws {
        let (app, _) = try Self.served(Guest.printing("content-type: text/html\n\nthe module"), reloadsPages: false)
        #expect(try app.get("/.hippo/reload.js").body == "the module")
        #expect(try app.get("/", headers: Self.navigation).body == "the module")
    }

    @Test("A page whose response was put right is told so, and only that page")
    func warnings() throws {
        let (app, _) = try Self.served(Guest.printing("\nno colon\ncontent-type: text/html\n\n<p>x</p>"))
        // What is no page has nobody to tell.
        #expect(try app.get("/").status == 200)
        #expect(try app.get("/", headers: Self.navigation).body.contains("data-request=\"2\""))
        let response = try app.open(.get, "/.hippo/events")
        let text = String(decoding: try response.read(upTo: 4096), as: UTF8.self)
        response.close()
        let events = text.split(separator: "event: ").filter { $0.hasPrefix("warning") }
        #expect(events.count == 1)
        #expect(events.first?.contains("{\"revision\":\"s-3\",\"request\":\"2\",\"message\":\"") == true)
    }

    @Test("Who comes late learns the state at once") func whoComesLateLearnsTheStateAtOnce() throws {
        let (app, reload) = try Self.served(Guest.printing("content-type: text/plain\n\nx"))
        var status = ProjectStatus(session: "s")
        status.serial = 4
        status.problem = .init(stage: "build", message: "no\nway", file: "a.c", line: 2)
        reload.update(status)
        let response = try app.open(.get, "/.hippo/events")
        #expect(response.headers["Content-Type"] == "text/event-stream")
        let text = String(decoding: try response.read(upTo: 4096), as: UTF8.self)
        #expect(text.hasPrefix("event: status\ndata: {\"session\":\"s\""))
        #expect(text.contains("\"message\":\"no\\nway\",\"file\":\"a.c\",\"line\":2"))
        response.close()
    }
}
