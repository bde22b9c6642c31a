import Foundation
import HTTP
import SandboxProtocol
import Synchronization
import TestSupport
import Testing

/// A request that arrives after a save has returned is answered with what was saved.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct FreshnessTests {
    /// A way of saving a file.
    enum Save: String, CaseIterable {
        /// As editors do: under another name, then renamed.
        case replacing
        /// In place: truncated, written, closed.
        case inPlace
        /// Removed, then made anew.
        case removing
    }

    private static func save(_ text: String, to file: String, in app: SmallApp, _ way: Save) throws {
        switch way {
        case .replacing: try app.save(text, to: file)
        case .inPlace: try Data(text.utf8).write(to: app.directory.url.appendingPathComponent(file))
        case .removing:
            try app.remove(file)
            try Data(text.utf8).write(to: app.directory.url.appendingPathComponent(file))
        }
    }

    private func client(keepsAlive: Bool) -> Client {
        var configuration = ClientConfiguration()
        if !keepsAlive { configuration.maximumIdlePerHost = 0 }
        return Client(configuration: configuration)
    }

    private func get(_ url: String, _ client: Client) throws -> (body: String, staleness: String?) {
        let response = try client.send(ClientRequest(.get, HTTPURL(url)))
        #expect(response.status == .ok)
        let staleness = response.headers["X-Hippo-Stale"]
        return (String(decoding: try response.readAll(limit: 1 << 20), as: UTF8.self), staleness)
    }

    @Test("What is saved is served to the next request", arguments: [true, false], Save.allCases)
    func whatIsSavedIsServedToTheNextRequest(keepsAlive: Bool, way: Save) async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        let client = client(keepsAlive: keepsAlive)
        var staleRounds = 0
        for round in 1...25 {
            try Self.save("<p>page \(round)</p>", to: "assets/index.html", in: app, way)
            let page = try get(url + "assets/index.html", client)
            // Without the field, an old answer is an error; with it, only this machine is slow.
            #expect(page.body == "<p>page \(round)</p>" || page.staleness != nil, "round \(round)")
            try Self.save(SmallApp.handler(answering: "answer \(round)"), to: "hello.wat", in: app, way)
            let answer = try get(url + "hello", client)
            #expect(answer.body == "answer \(round)" || answer.staleness != nil, "round \(round)")
            if page.staleness != nil || answer.staleness != nil { staleRounds += 1 }
        }
        // No machine is so slow each time: who marked every answer would pass the expectations above.
        #expect(staleRounds < 13)
    }

    @Test("Under load nothing is lost and nothing is older than the save before")
    func underLoadNothingIsLostAndNothingIsOlderThanTheSaveBefore() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        try Self.save("0", to: "assets/number.txt", in: app, .replacing)
        _ = try await sandbox.next("serving")
        let load = SteadyLoad(url: url + "assets/number.txt", clientCount: 3)
        for round in 1...60 {
            try Self.save("\(round)", to: "assets/number.txt", in: app, .replacing)
            load.noteSaved(round)
            try await Task.sleep(for: .milliseconds(round % 3 == 0 ? 1 : 15))
        }
        // Requests wait for each save, so that there may have been few of them so far.
        while load.count <= 10 { try await Task.sleep(for: .milliseconds(5)) }
        let result = load.stop()
        #expect(result.failures.isEmpty, "\(result.failures.prefix(5))")
    }

    @Test("A failure is named in what the last good version answers")
    func aFailureIsNamedInWhatTheLastGoodVersionAnswers() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        let client = client(keepsAlive: true)
        try app.save("(module\n  (func (export \"_start\") i32.bogus))", to: "hello.wat")
        let stale = try get(url + "hello", client)
        #expect(stale.body == "hello 1")
        #expect(stale.staleness?.contains("hello.wat:2:") == true)
        try app.writeHandler("mended")
        var mended = try get(url + "hello", client)
        // A second may be too short on a machine that does other things as well.
        while mended.staleness?.contains("not ready") == true { mended = try get(url + "hello", client) }
        #expect(mended.body == "mended")
        #expect(mended.staleness == nil)
    }

    @Test("A build is not waited for unless that is asked for") func aBuildIsNotWaitedForUnlessThatIsAskedFor()
        async throws
    {
        for waits in [false, true] {
            let app = try SmallApp()
            let barrier = app.path + "/.go"
            // The build ends when the test says so; it makes what the app serves.
            try app.save(
                "touch .built; mkfifo .go 2>/dev/null; read -r line < .go; cp source.txt assets/page.txt",
                to: "build.sh")
            try app.save("one", to: "source.txt")
            let sandbox = try SandboxProcess(
                app.path, ["--build", "sh build.sh", "--watch", "source.txt"] + (waits ? ["--wait-for-build"] : []))
            func letBuildEnd() async throws {
                while !FileManager.default.fileExists(atPath: barrier) { try await Task.sleep(for: .milliseconds(2)) }
                try Data("go\n".utf8).write(to: URL(fileURLWithPath: barrier))
            }
            try await letBuildEnd()
            let url = try #require(try await sandbox.next("ready")["app"]?.string) + "assets/page.txt"
            try app.save("two", to: "source.txt")
            if waits {
                let answer = Mutex<String?>(nil)
                let asking = Thread { [self] in
                    let body = try? get(url, client(keepsAlive: false)).body
                    answer.withLock { $0 = body ?? "failed" }
                }
                asking.start()
                // Longer than a request waits for anything else.
                try await Task.sleep(for: .milliseconds(1200))
                #expect(answer.withLock { $0 } == nil)
                try await letBuildEnd()
                while answer.withLock({ $0 }) == nil { try await Task.sleep(for: .milliseconds(2)) }
                #expect(answer.withLock { $0 } == "two")
            } else {
                let stale = try get(url, client(keepsAlive: false))
                #expect(stale.body == "one")
                #expect(stale.staleness?.contains("build") == true)
                try await letBuildEnd()
                _ = try await sandbox.next("serving")
                #expect(try get(url, client(keepsAlive: false)).body == "two")
            }
        }
    }
}

/// Clients that ask without a pause for a file that holds a number, and expect it to be no older than what was saved
/// before they asked.
final class SteadyLoad: Sendable {
    struct State {
        var isOver = false
        var count = 0
        var failures: [String] = []
        var running: Int
    }

    private let saved = Atomic<Int>(0)
    private let state: Mutex<State>

    init(url: String, clientCount: Int) {
        state = Mutex(State(running: clientCount))
        for number in 0..<clientCount {
            // One of them makes a new connection for each request.
            var configuration = ClientConfiguration()
            if number == 0 { configuration.maximumIdlePerHost = 0 }
            let client = Client(configuration: configuration)
            Thread { [self] in
                while !state.withLock({ $0.isOver }) { ask(client, url) }
                state.withLock { $0.running -= 1 }
            }.start()
        }
    }

    /// How many requests have been answered.
    var count: Int { state.withLock { $0.count } }

    func noteSaved(_ number: Int) { saved.store(number, ordering: .sequentiallyConsistent) }

    private func ask(_ client: Client, _ url: String) {
        let least = saved.load(ordering: .sequentiallyConsistent)
        var failure: String?
        do {
            let response = try client.send(ClientRequest(.get, HTTPURL(url)))
            let body = String(decoding: try response.readAll(limit: 100), as: UTF8.self)
            if response.status != .ok {
                failure = "\(response.status): \(body)"
            } else if response.headers["X-Hippo-Stale"] == nil, Int(body) ?? -1 < least {
                failure = "\(body) after \(least)"
            }
        } catch {
            failure = "\(error)"
        }
        state.withLock { state in
            state.count += 1
            if let failure { state.failures.append(failure) }
        }
    }

    func stop() -> (count: Int, failures: [String]) {
        state.withLock { $0.isOver = true }
        while state.withLock({ $0.running }) > 0 { usleep(1000) }
        return state.withLock { ($0.count, $0.failures) }
    }
}
