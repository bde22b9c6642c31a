import Foundation
import HTTP
import TestSupport
import Testing

/// The sample app that keeps what its guests write.
@Suite(.enabled(if: BuildTool.hasC, "no clang with wasi-libc here"), .timeLimit(.minutes(15)))
struct GuestbookTests {
    private let directory: TemporaryDirectory
    private var app: String { directory.path + "/guestbook" }

    init() throws {
        directory = try TemporaryDirectory()
        let sample = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../sample-apps/guestbook").standardizedFileURL
        try FileManager.default.copyItem(atPath: sample.path, toPath: app)
        for product in ["build", "data", ".hippo"] { try? FileManager.default.removeItem(atPath: "\(app)/\(product)") }
    }

    /// Posts an entry, whose texts have no characters that a form would escape but those given escaped.
    private func sign(_ url: String, name: String, message: String) throws -> Int {
        var request = ClientRequest(.post, try HTTPURL(url))
        request.headers.add("Content-Type", "application/x-www-form-urlencoded")
        request.body = .bytes(Array("name=\(name)&message=\(message)".utf8))
        var configuration = ClientConfiguration()
        configuration.maximumRedirects = 0
        return try Client(configuration: configuration).send(request).status.code
    }

    private static func message(_ guest: Int, _ entry: Int) -> String {
        "entry-\(guest)-\(entry)-" + String(repeating: "x", count: 500)
    }

    private func signTenTimes(_ url: String, _ guest: Int) throws {
        for entry in 0..<10 {
            let status = try sign(url, name: "guest-\(guest)", message: Self.message(guest, entry))
            #expect(status == 303)
        }
    }

    @Test("Entries outlive a save and a restart, whole, though guests sign at once") func entries() async throws {
        var sandbox = try SandboxProcess(app)
        var url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(try get(url).body.contains("What a lovely river."))
        #expect(try sign(url, name: "%3Cscript%3Ealert(1)%3C/script%3E", message: "%22%27%26%0Aa+line") == 303)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for guest in 0..<8 {
                group.addTask { [url] in try signTenTimes(url, guest) }
            }
            try await group.waitForAll()
        }
        func check() throws {
            let page = try get(url).body
            #expect(page.contains("What a lovely river."))
            #expect(page.contains(">&lt;script&gt;alert(1)&lt;/script&gt;</dt><dd>&quot;'&amp; a line</dd>"))
            #expect(!page.contains("<script"))
            for guest in 0..<8 {
                for entry in 0..<10 {
                    let found = ">guest-\(guest)</dt><dd>\(Self.message(guest, entry))</dd>"
                    #expect(page.components(separatedBy: found).count == 2, "guest \(guest), entry \(entry)")
                }
            }
        }
        try check()

        let source = app + "/source/guestbook.c"
        let text = try String(contentsOfFile: source, encoding: .utf8)
        try text.replacingOccurrences(of: "    <dt>", with: "    <dt class=\\\"name\\\">")
            .write(toFile: source, atomically: true, encoding: .utf8)
        try await sandbox.next("serving")
        #expect(try get(url).body.contains("<dt class=\"name\">Hortense</dt>"))
        try check()

        kill(sandbox.id, SIGTERM)
        #expect(try await sandbox.waitForEnd() == 0)
        sandbox = try SandboxProcess(app)
        url = try #require(try await sandbox.next("ready")["app"]?.string)
        try check()
        let status = try Program.run(["status", app])
        #expect(status.output.contains("/guestbook/data (1 file, "), "\(status)")
        #expect(status.output.contains(" kB of 1.0 MB)"), "\(status)")
    }

    @Test("A guestbook that is full says so, and its own tests pass") func fullBookAndOwnTests() throws {
        let tests = try Program.run(["test"], in: app)
        #expect(tests.status == 0 && tests.output.contains("4 passed in 1 file"), "\(tests)")
        // Its tests have left nothing.
        #expect(!FileManager.default.fileExists(atPath: app + "/data/entries.txt"))
        let full = try Program.run(
            [
                "request", "POST", "/", "-i", "-d", "name=Ada&message=" + String(repeating: "x", count: 500),
                "--data-limit", "1000",
            ], in: app)
        #expect(full.status == 1)
        #expect(full.output.hasPrefix("HTTP/1.1 507 ") && full.output.contains("the guestbook is full"), "\(full)")
    }
}
