import HTTP
import JSON
import TestSupport
import Testing

/// The control address's API, as its document describes it.
struct ControlAPITests {
    @Test(
        "Schemathesis finds no answer that the document does not name, and no request that is taken or refused against it",
        .timeLimit(.minutes(15)),
        .enabled(if: Schemathesis.isInstalled, "Schemathesis is not in .build/schemathesis"))
    func document() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let ready = try await sandbox.next("ready")
        let control = try #require(ready["bindle"]?.string).replacing("/v1", with: "")
        _ = try get(try #require(ready["app"]?.string) + "hello")
        try await sandbox.next("request")
        // Uploads need a token, which the other paths do not ask for on this machine.
        let made = try Client().send(
            ClientRequest(
                .post, HTTPURL(control + "/api/v1/tokens"), headers: ["Content-Type": "application/json"],
                body: .bytes(Array(#"{"label": "Schemathesis", "names": ["*"], "channels": ["*"]}"#.utf8))))
        let token = try JSONValue(parsing: try made.readAll(limit: 1 << 20)).object?["token"]?.string
        // The stream of events never ends.
        let findings = try await Schemathesis.findings(
            at: control + "/api/v1/openapi.json", excluding: ["/events"], token: try #require(token), examples: 30)
        #expect(findings.isEmpty, "\(findings)")
    }
}
