import Foundation
import HTTP
import TestSupport
import Testing

/// Requests of a component to servers of `https`, with certificates of an authority of the tests' own.
@Suite(
    .timeLimit(.minutes(15)), .enabled(if: SecureServer.isPossible, "\(SecureServer.absence)"),
    .enabled(if: CComponent.isAvailable, "\(CComponent.absence)"))
struct OutgoingHTTPSTests {
    /// Its output begins with a head of CGI.
    private static let fetcher = Result {
        let wit = """
            package test:fetch;
            world fetch {
                import wasi:cli/environment@0.2.0;
                import wasi:cli/stdout@0.2.0;
                import wasi:http/outgoing-handler@0.2.4;
                export wasi:cli/run@0.2.0;
            }

            """
        return Data(try CComponent.build(GuestSource.read("fetch.c"), wit: wit, world: "fetch", usesWASI: true))
    }
    private static let head = "Content-Type: text/plain\n\n"
    private static let certificateError = "error 13\n"
    private static let protocolError = "error 12\n"
    private static let denied = "error 15\n"

    /// What the component prints when it has asked a port of this machine.
    private func fetch(_ port: Int, authorities: String?, allowed: Bool = true) throws -> String {
        let directory = try TemporaryDirectory()
        let path = try directory.write(Self.fetcher.get(), to: "fetch.wasm").path
        let options = allowed ? ["--allow-outbound", "https://localhost:\(port)"] : []
        let result = try Program.run(
            ["run"] + options + [path, "localhost:\(port)"],
            environment: authorities.map { ["SSL_CERT_FILE": $0] } ?? [:])
        #expect(result.output.hasPrefix(Self.head), "\(result)")
        return String(result.output.dropFirst(Self.head.count))
    }

    @Test("A server is believed that an authority of SSL_CERT_FILE vouches for, and no other") func trust() throws {
        let server = try SecureServer()
        #expect(try fetch(server.port, authorities: server.authorities) == "200 xxxxx\n")
        #expect(try fetch(server.port, authorities: nil) == Self.certificateError)
        let elsewhere = try SecureServer(name: "elsewhere.example.com")
        #expect(try fetch(elsewhere.port, authorities: elsewhere.authorities) == Self.certificateError)
    }

    @Test("A server that speaks no TLS, and one that is not allowed, are told apart from that") func others() throws {
        let plain = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { _, _, writer in
            try writer.respond(Response(status: .ok, text: "plain"))
        }
        try plain.start()
        defer { plain.stop() }
        let port = Int(plain.address.port)
        #expect(try fetch(port, authorities: nil) == Self.protocolError)
        #expect(try fetch(port, authorities: nil, allowed: false) == Self.denied)
    }

    @Test("A handler of a sandbox believes the same servers") func handler() async throws {
        let server = try SecureServer()
        let app = try SmallApp()
        try app.directory.write(Self.fetcher.get(), to: "fetch.wasm")
        try app.writeHippofacts(extra: "[[handler]]\nname = \"fetch.wasm\"\nroute = \"/fetch\"")
        try app.save(
            "[[handler]]\nroute = \"/fetch\"\nallow-outbound = [\"https://localhost\"]\n", to: "hippo-dev.toml")
        let sandbox = try SandboxProcess(app.path, environment: ["SSL_CERT_FILE": server.authorities])
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(try get(url + "fetch?localhost:\(server.port)") == Answer(status: 200, body: "200 xxxxx\n"))
        let other = try SecureServer()
        #expect(try get(url + "fetch?localhost:\(other.port)").body == Self.certificateError)
    }

    @Test("A sandbox of the same user that serves https is believed") func localAuthority() async throws {
        let app = try SmallApp()
        try app.writeHippofacts(route: "/5")
        let sandbox = try SandboxProcess(app.path, ["--https"])
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        let port = try #require(Int(url.split(separator: ":").last!.dropLast()))
        #expect(try fetch(port, authorities: nil) == "200 hello 1\n")
    }
}
