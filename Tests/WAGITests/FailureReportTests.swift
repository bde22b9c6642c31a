import HTTP
import SandboxProtocol
import TestSupport
import Testing
import WebGuard

@testable import WAGI

/// What is told of modules that fail, and to whom.
struct FailureReportTests {
    private static let browser: Headers = [
        "Accept": "text/html,*/*", "Authorization": "Basic c2VjcmV0", "X-Session-Token": "1234", "X-Plain": "<i>",
    ]

    private static func served(_ module: String, audience: ErrorAudience = .thisMachine) throws -> ServedApplication {
        try ServedApplication(module) { $0.errorAudience = audience }
    }

    private static let trapping = Guest.text(
        """
        \(Guest.data("content-type: text/html\n<script>alert(1)</script>\u{7}", at: 65536))
        \(Guest.data("\u{1B}[31mpanic & <b>\n", at: 66000))
        (func $inner (unreachable))
        (func (export "_start")
          (call $print (i32.const 65536)) (call $log (i32.const 66000)) (call $inner))
        """)

    @Test("Browsers get a page in which nothing is taken for markup")
    func browsersGetAPageInWhichNothingIsTakenForMarkup() throws {
        let answer = try Self.served(Self.trapping).get("/a?<u>", headers: Self.browser)
        #expect(answer.status == 500)
        #expect(answer.headers["Content-Type"] == "text/html; charset=utf-8")
        for part in [
            "The module trapped: unreachable", "<code>inner</code>", "panic &amp; &lt;b&gt;",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "X-Plain", "&lt;i&gt;", "(14 bytes, not shown)", "(4 bytes, not shown)", "GET /a?&lt;u&gt;",
        ] {
            #expect(answer.body.contains(part), "\(part)")
        }
        for part in ["<script>alert", "<b>", "<i>", "<u>", "c2VjcmV0", "1234<", "\u{1B}", "\u{7}"] {
            #expect(!answer.body.contains(part), "\(part)")
        }
    }

    @Test("Others get the same in text") func othersGetTheSameInText() throws {
        let answer = try Self.served(Self.trapping).get("/a", headers: ["Authorization": "Basic c2VjcmV0"])
        #expect(answer.headers["Content-Type"] == "text/plain; charset=utf-8")
        #expect(
            answer.body.hasPrefix("500 Internal Server Error: the module trapped: unreachable\nGET /a → _start of "))
        #expect(answer.body.contains("  0: inner at offset 0x"))
        #expect(answer.body.contains("panic & <b>"))
        #expect(answer.body.contains("Authorization: (14 bytes, not shown)"))
        // What a page's script fetches is no page.
        let fetched = try Self.served(Self.trapping).get(
            "/a", headers: ["Accept": "text/html", "Sec-Fetch-Dest": "empty"])
        #expect(fetched.headers["Content-Type"] == "text/plain; charset=utf-8")
    }

    @Test("Outside development less is told") func outsideDevelopmentLessIsTold() throws {
        let problem = try Self.served(Self.trapping, audience: .nobody).get("/a", headers: Self.browser)
        #expect(problem.body.hasPrefix("500 Internal Server Error: the module trapped: unreachable"))
        #expect(!problem.body.contains("panic"))
        let absent = try ServedApplication(Self.trapping, route: "/x").get("/y", headers: Self.browser)
        #expect(absent.body == "404 Not Found: nothing is served at /y\n")
    }

    @Test("A bad response is shown") func aBadResponseIsShown() throws {
        let answer = try Self.served(Guest.printing("Hello <world>\n")).get("/", headers: Self.browser)
        #expect(answer.body.contains("<pre class=\"well\" tabindex=\"0\">Hello &lt;world&gt;</pre>"))
        #expect(answer.body.contains("It needs content-type, location or status."))
        let silent = try Self.served("(module (memory (export \"memory\") 1) (func (export \"_start\")))").get(
            "/", headers: Self.browser)
        #expect(silent.body.contains("The module wrote no response"))
    }

    @Test("Long output is cut and recursion told once") func longOutputIsCutAndRecursionToldOnce() throws {
        let answer = try Self.served(
            Guest.text(
                """
                \(Guest.data(String(repeating: "e", count: 1000) + "\n", at: 65536))
                (func $again (call $again))
                (func (export "_start") (local $n i32)
                  (loop $next
                    (call $log (i32.const 65536))
                    (local.set $n (i32.add (local.get $n) (i32.const 1)))
                    (br_if $next (i32.lt_u (local.get $n) (i32.const 100))))
                  (call $again))
                """)
        ).get("/")
        #expect(answer.body.contains("call stack exhausted"))
        #expect(answer.body.contains("0: again at offset"))
        #expect(answer.body.contains("times"))
        #expect(!answer.body.contains("1: again"))
        #expect(answer.body.contains("bytes are not shown]"))
        #expect(answer.body.utf8.count < 50_000)
    }

    @Test("A page without anything names the routes") func aPageWithoutAnythingNamesTheRoutes() throws {
        let app = try ServedApplication(Self.trapping, route: "/x/...") { $0.errorAudience = .thisMachine }
        let answer = try app.get("/<y>", headers: Self.browser)
        #expect(answer.status == 404)
        #expect(answer.body.contains("Nothing is served at /&lt;y&gt;"))
        #expect(answer.body.contains("<a href=\"/x\"><code>/x/...</code></a>"))
    }

    @Test(
        "Escape sequences are taken out",
        arguments: [
            ("plain", "plain"), ("\u{1B}[1;31mred\u{1B}[0m", "red"),
            ("\u{1B}]8;;http://a\u{7}link\u{1B}]8;;\u{1B}\\", "link"),
            ("a\u{1B}", "a"), ("a\u{1B}[", "a"), ("\u{1B}(Bx", "Bx"), ("\u{1B}]never ended", ""),
        ])
    func escapeSequencesAreTakenOut(text: String, result: String) {
        #expect(TerminalText.withoutControls(text) == result)
    }

    // MARK: Audience

    @Test(
        "pages of other sites, and everybody where nobody is to see it, learn no stack, output or request",
        arguments: [
            (.nobody, [:]), (.thisMachine, ["Sec-Fetch-Site": "cross-site"]),
            (.everybody, ["Origin": "http://localhost:1"]),
        ] as [(ErrorAudience, Headers)])
    func strangersLearnNoDetails(audience: ErrorAudience, headers: Headers) throws {
        let app = try Self.served(Self.trapping, audience: audience)
        var headers = headers
        headers.set("Accept", "text/html")
        let answer = try app.get("/a", headers: headers)
        #expect(answer.status == 500)
        #expect(answer.body == "500 Internal Server Error: the module trapped: unreachable\n")
    }

    @Test("the client's address decides where only this machine is to see it")
    func addressOfTheClient() {
        func isIncluded(_ audience: ErrorAudience, _ address: String, _ headers: Headers = [:]) -> Bool {
            let address = SocketAddress.parse(address)
            return audience.includes(Request(target: "/", headers: headers, remoteAddress: address), WebGuard())
        }
        #expect(isIncluded(.thisMachine, "127.0.0.1:1"))
        #expect(isIncluded(.thisMachine, "[::1]:1"))
        #expect(!isIncluded(.thisMachine, "192.168.0.7:1"))
        #expect(isIncluded(.everybody, "192.168.0.7:1"))
        #expect(!isIncluded(.nobody, "127.0.0.1:1"))
        // A server on this machine has it from somebody else.
        for field in ["X-Forwarded-For", "Forwarded", "X-Real-IP"] {
            #expect(!isIncluded(.thisMachine, "127.0.0.1:1", [field: "127.0.0.1"]))
            #expect(isIncluded(.everybody, "127.0.0.1:1", [field: "127.0.0.1"]))
        }
    }

    @Test("a name that the app is not known by gets 421 from every path but /healthz")
    func unknownNames() throws {
        let app = try ServedApplication(Guest.printing("content-type: text/plain\n\nx")) { $0.webGuard = WebGuard() }
        for path in ["/", "/.hippo/events", "/missing"] {
            let client = try RawSocket(port: app.server.address.port)
            try client.send("GET \(path) HTTP/1.1\r\nHost: evil.example\r\n\r\n")
            let answer = try client.receive(until: "--allow-host")
            #expect(answer.hasPrefix("HTTP/1.1 421 "))
        }
        let client = try RawSocket(port: app.server.address.port)
        try client.send("GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        #expect(try client.receive(until: "OK").hasPrefix("HTTP/1.1 200 "))
    }
}
