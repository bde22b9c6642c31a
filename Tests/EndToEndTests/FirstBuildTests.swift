import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

/// What can be seen while the first build runs. Builds are held by files, so that nothing depends on how long they take.
@Suite(.timeLimit(.minutes(15)))
struct FirstBuildTests {
    private let app: SmallApp

    init() throws { app = try SmallApp() }

    /// A sandbox whose build ends when the file `go` is there, and fails if it has `bad` in it.
    private func start(_ arguments: [String] = []) throws -> SandboxProcess {
        let command = "while [ ! -e go ]; do sleep 0.01; done; cat go >&2; ! grep -q bad go"
        return try SandboxProcess(app.path, ["--build", command, "--watch", "src/*"] + arguments)
    }

    private struct Page {
        let status: Int
        let headers: Headers
        let body: String
    }

    /// A request that waits for its answer on a thread of its own: tests share too few to block one.
    private final class Waiting: Sendable {
        private let answer = Mutex<Answer?>(nil)

        init(_ url: String) {
            Thread.detachNewThread { [self] in
                let found = (try? get(url)) ?? Answer(status: 0, body: "")
                answer.withLock { $0 = found }
            }
        }

        func result() async throws -> Answer {
            let deadline = ContinuousClock.now + SandboxProcess.patience
            while true {
                if let answer = answer.withLock({ $0 }) { return answer }
                guard ContinuousClock.now < deadline else { return Answer(status: 0, body: "nothing has come") }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    private func navigate(_ url: String) throws -> Page {
        var request = ClientRequest(.get, try HTTPURL(url))
        request.headers.add("Accept", "text/html")
        request.headers.add("Sec-Fetch-Dest", "document")
        let response = try Client().send(request)
        return Page(
            status: response.status.code, headers: response.headers,
            body: String(decoding: try response.readAll(limit: 1 << 20), as: UTF8.self))
    }

    @Test("The address answers at once: pages wait and come back by themselves, other requests get the app's answer")
    func waiting() async throws {
        let sandbox = try start(["--timeout", "5m"])
        let starting = try await sandbox.next("starting")
        let url = try #require(starting["app"]?.string)
        #expect(starting["command"]?.string?.contains("sleep") == true)
        let page = try navigate(url)
        #expect(page.status == 503 && page.headers["Retry-After"] == "1")
        #expect(page.body.contains("Building") && page.body.contains("reload.js"))
        let answer = Waiting(url + "hello")
        try await Task.sleep(for: .milliseconds(100))
        try app.save("go", to: "go")
        #expect(try await answer.result() == Answer(status: 200, body: "hello 1"))
        #expect(try await sandbox.next("ready")["app"]?.string == url)
        #expect(try navigate(url + "hello").status == 200)
    }

    @Test("Without scripts in pages, the browser reloads the page that waits") func withoutReload() async throws {
        let sandbox = try start(["--no-reload"])
        let url = try #require(try await sandbox.next("starting")["app"]?.string)
        #expect(try navigate(url).headers["Refresh"] == "1")
        try app.save("go", to: "go")
        try await sandbox.next("ready")
    }

    @Test("A request waits for the first build no longer than a module may take") func patience() async throws {
        let sandbox = try start(["--timeout", "200ms"])
        let url = try #require(try await sandbox.next("starting")["app"]?.string)
        let answer = try get(url + "hello")
        #expect(answer.status == 503 && answer.body.contains("being built for the first time"))
    }

    @Test("A first build that fails has its page, with the line in which it says why") func failing() async throws {
        let sandbox = try start(["--timeout", "5m"])
        let url = try #require(try await sandbox.next("starting")["app"]?.string)
        let waiting = Waiting(url + "hello")
        try await Task.sleep(for: .milliseconds(50))
        try app.save("step 1\nld: cannot find -lbad\nmake: *** [all] Error 1\n", to: "go")
        let failure = try await sandbox.next("failed")
        #expect(failure["message"]?.string?.hasPrefix("ld: cannot find -lbad\nThe build command") == true)
        let answer = try await waiting.result()
        #expect(answer.status == 503 && answer.body.contains("cannot find -lbad"))
        let page = try navigate(url)
        #expect(page.status == 503 && page.body.contains("The build has failed"))
    }
}
