import Foundation
import HTTP
import TestSupport
import Testing

/// `[proxy]`, with a server beside the app.
@Suite("Paths of another server", .timeLimit(.minutes(15))) struct ProxiedPathTests {
    private let app: SmallApp

    init() throws {
        app = try SmallApp()
    }

    /// A server that answers with a word, and what it was asked for.
    private func server(_ word: String) throws -> Server {
        let server = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { request, _, writer in
            try writer.respond(Response(text: "\(word) \(request.target)"))
        }
        try server.start()
        return server
    }

    @Test("All paths that no handler takes may be another server's, but for the sandbox's own")
    func everything() async throws {
        let (all, api) = (try server("all"), try server("api"))
        defer {
            all.stop()
            api.stop()
        }
        try app.save(
            "[proxy]\n\"/\" = \"http://\(all.address)\"\n\"/api/\" = { url = \"http://\(api.address)\", strip = true }\n",
            to: "hippo-dev.toml")
        let sandbox = try SandboxProcess(app.path)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(try get(url + "hello").body == "hello 1")
        #expect(try get(url).body == "all /")
        #expect(try get(url + "assets/index.html?a").body == "all /assets/index.html?a")
        #expect(try get(url + "api/x").body == "api /x")
        #expect(try get(url + ".hippo/reload.js").body.contains("EventSource"))
        #expect(try get(url + "%2ehippo/reload.js").status == 404)
        // One without a port goes there, too.
        #expect(try Program.run(["request", "GET", "/api/y"], in: app.path).output == "api /y")

        // A change is a new revision like any other.
        try app.save("[proxy]\n\"/\" = \"http://\(api.address)\"\n", to: "hippo-dev.toml")
        #expect(
            try await found(within: SandboxProcess.patience) { try get(url + "z").body == "api /z" ? true : nil }
                == true)
        #expect(try get(url + "hello").body == "hello 1")
    }

    @Test("What cannot be passed on is told with its place")
    func mistakes() async throws {
        try app.save("[proxy]\n\"/.hippo\" = \"http://127.0.0.1:1\"\n", to: "hippo-dev.toml")
        let result = try Program.run(["request", "GET", "/hello"], in: app.path)
        #expect(result.status == 1 && result.errors.contains("hippo-dev.toml:2:1: "), "\(result.errors)")
        #expect(result.errors.contains("is the sandbox's own"), "\(result.errors)")
    }
}
