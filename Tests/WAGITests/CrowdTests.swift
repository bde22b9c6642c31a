import HTTP
import TestSupport
import Testing
import WAGI

/// Many slow modules at once, and quick ones beside them.
@Suite("A crowd of slow modules")
struct CrowdTests {
    private static func application(
        _ configure: (inout WAGIConfiguration) -> Void = { _ in }
    ) throws -> ServedApplication {
        var server = ServerConfiguration()
        server.maximumWorkers = 2
        return try ServedApplication(
            [
                "spin.wat": #"(module (memory (export "memory") 1) (func (export "_start") (loop $l (br $l))))"#,
                "hello.wat": Guest.printing("status: 200\n\nhello"),
            ],
            """
            [[module]]
            route = "/spin"
            module = "DIR/spin.wat"
            [[module]]
            route = "/hello"
            module = "DIR/hello.wat"
            """, server: server, configure: configure)
    }

    /// Connections on which a module runs that does not end; it does with the connection.
    private func endless(_ count: Int, _ app: ServedApplication) throws -> [RawSocket] {
        try (0..<count).map { _ in
            let client = try RawSocket(port: app.server.address.port)
            try client.send("GET /spin HTTP/1.1\r\nHost: x\r\n\r\n")
            return client
        }
    }

    @Test("a hello is answered beside endless modules, many times as many as run at once")
    func beside() throws {
        let app = try Self.application()
        let clients = try endless(40, app)
        for _ in 0..<10 { #expect(try app.get("/hello").body == "hello") }
        withExtendedLifetime(clients) {}
    }

    @Test("requests beyond --max-waiting get 503, and are told to come again")
    func beyond() throws {
        let app = try Self.application { $0.maximumWaiting = 3 }
        let clients = try endless(3, app)
        // The three have arrived when others are refused.
        #expect(eventually { (try? app.get("/hello").status) == 503 })
        let refused = try app.get("/hello")
        #expect(refused.status == 503 && refused.headers["Retry-After"] == "1")
        #expect(refused.body.contains("3 requests are being answered or wait, the limit: --max-waiting sets another"))
        withExtendedLifetime(clients) {}
    }
}
