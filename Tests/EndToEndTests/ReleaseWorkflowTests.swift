import Foundation
import TestSupport
import Testing

/// The workflow that `new --github` writes publishes what is tagged.
@Suite(.timeLimit(.minutes(15)))
struct ReleaseWorkflowTests {
    private static let hasTools = ["/bin/bash", "/usr/bin/curl", "/usr/bin/jq", "/usr/bin/sha256sum"].allSatisfy(
        FileManager.default.isExecutableFile)
    private let directory: TemporaryDirectory
    private let server: StoreServer
    private var project: String { directory.path + "/weather" }

    init() throws {
        directory = try TemporaryDirectory()
        // The password of `editor` is sw0rdf1sh.
        try directory.write(
            "editor:$2y$05$376yWFpiBPbZXbVbb64tUuEBpgZ8I4U3eA7eootfGS0Voz9GfCbQ.\n", to: "htpasswd")
        server = try StoreServer(
            store: directory.path + "/bindles.sqlite",
            ["--strict", "--anonymous-get", "--htpasswd", directory.path + "/htpasswd"])
        let made = try Program.run(["new", "weather", "--github"], in: directory.path)
        #expect(made.status == 0, "\(made.errors)")
    }

    /// The digest of the program under test.
    private static let digest: String = {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
        process.arguments = [Program.path]
        process.standardOutput = output
        guard (try? process.run()) != nil else { return "" }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return String(text.prefix(64))
    }()

    private func release(
        tag: String?, password: String = "sw0rdf1sh", digest: String? = nil
    ) throws -> Workflow.Outcome {
        let text = try String(contentsOfFile: project + "/.github/workflows/hippo-dev.yml", encoding: .utf8)
        let temporary = try TemporaryDirectory()
        return try Workflow(text).run(
            in: project, tag: tag,
            values: [
                "vars.HIPPO_DEV_URL": "file://\(Program.path)", "vars.HIPPO_DEV_SHA256": digest ?? Self.digest,
                "vars.BINDLE_URL": server.url,
                "secrets.BINDLE_USERNAME": "editor", "secrets.BINDLE_PASSWORD": password,
            ], temporary: temporary.path)
    }

    @Test("A tag publishes its version", .enabled(if: hasTools, "bash, curl, jq or sha256sum is missing"))
    func aTagPublishesItsVersion() throws {
        let outcome = try release(tag: "v0.1.0")
        #expect(outcome.failedStep == nil, "\(outcome.output)")
        let found = try Program.run(["bindle", "search", "-s", server.url])
        #expect(found.output == "weather/0.1.0\n")
    }

    @Test(
        "What is pushed without a tag is checked and not published",
        .enabled(if: hasTools, "bash, curl, jq or sha256sum is missing"))
    func whatIsPushedWithoutATagIsCheckedAndNotPublished() throws {
        let outcome = try release(tag: nil)
        #expect(outcome.failedStep == nil, "\(outcome.output)")
        #expect(outcome.steps.contains("Check") && outcome.steps.contains("Test") && !outcome.steps.contains("Push"))
        #expect(outcome.output.contains("3 passed in 1 file"), "\(outcome.output)")
        #expect(try Program.run(["bindle", "search", "-s", server.url]).output == "")
        #expect(FileManager.default.fileExists(atPath: project + "/bindle.tar.gz"))
    }

    @Test("A program with another digest is refused", .enabled(if: hasTools, "bash, curl, jq or sha256sum is missing"))
    func aProgramWithAnotherDigestIsRefused() throws {
        let outcome = try release(tag: "v0.1.0", digest: String(repeating: "0", count: 64))
        #expect(outcome.failedStep == "Install hippo-dev")
    }

    @Test("Another tag is refused", .enabled(if: hasTools, "bash, curl, jq or sha256sum is missing"))
    func anotherTagIsRefused() throws {
        let outcome = try release(tag: "v0.2.0")
        #expect(outcome.failedStep == "Compare the tag with the version in HIPPOFACTS")
        #expect(outcome.output.contains("::error file=HIPPOFACTS::The version is 0.1.0, and the tag v0.2.0"))
    }

    @Test("A failed test publishes nothing", .enabled(if: hasTools, "bash, curl, jq or sha256sum is missing"))
    func aFailedTestPublishesNothing() throws {
        try "[[request]]\npath = \"/hello\"\nexpect.status = 204\n".write(
            toFile: project + "/tests/other.toml", atomically: true, encoding: .utf8)
        let outcome = try release(tag: "v0.1.0")
        #expect(outcome.failedStep == "Test" && outcome.output.contains("status: expected 204, got 200"))
        #expect(try Program.run(["bindle", "search", "-s", server.url]).output == "")
        // A project without tests is checked only.
        try FileManager.default.removeItem(atPath: project + "/tests")
        #expect(try release(tag: "v0.1.0").failedStep == nil)
    }

    @Test(
        "A broken project and a wrong password fail", .enabled(if: hasTools, "bash, curl, jq or sha256sum is missing"))
    func aBrokenProjectAndAWrongPasswordFail() throws {
        #expect(try release(tag: "v0.1.0", password: "swordfish").failedStep == "Push")
        try "(module (func (export \"_start\") drop))".write(
            toFile: project + "/hello.wat", atomically: true, encoding: .utf8)
        #expect(try release(tag: "v0.1.0").failedStep == "Check")
        #expect(try Program.run(["bindle", "search", "-s", server.url]).output == "")
    }
}
