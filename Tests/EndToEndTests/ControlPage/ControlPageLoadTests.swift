import Bindle
import Foundation
import HTTP
import JSON
import Synchronization
import TestSupport
import Testing

/// The control page while much happens, and with much in the store.
@Suite(.serialized, .timeLimit(.minutes(15)), .enabled(if: Chromium.path != nil, "Chromium is not installed"))
struct ControlPageLoadTests {
    private static let releaseCount = 10_000

    /// A store that has a revision of a project, and this many releases of it.
    private func makeReleases(of project: String) async throws {
        let sandbox = try SandboxProcess(project)
        try await sandbox.next("ready")
        kill(sandbox.id, SIGTERM)
        _ = try await sandbox.waitForEnd()
        let store = try BindleStore(path: project + "/.hippo/bindles.sqlite")
        for number in 0..<Self.releaseCount {
            _ = try store.makeRelease(
                of: .revision(1), version: SemanticVersion("1.0.\(number)"), replacing: false)
        }
    }

    @Test(
        "With thousands of requests and 10,000 releases, the page goes on, and has no more in it than at the beginning")
    func load() async throws {
        let app = try SmallApp()
        try await makeReleases(of: app.path)
        let sandbox = try SandboxProcess(app.path)
        let page = try await ControlPageTab.open(sandbox)
        try await page.wait(for: "10000 releases", in: "releases-count")
        try await page.tab.evaluate(
            """
            window.frames_ = []; window.last_ = performance.now();
            (function frame() {
              const now = performance.now(); frames_.push(now - last_); last_ = now; requestAnimationFrame(frame);
            })(); 0
            """)
        let isOver = Atomic(false)
        let threads = DispatchGroup()
        for number in 0..<4 {
            threads.enter()
            Thread { [app = page.app] in
                defer { threads.leave() }
                let client = Client()
                while !isOver.load(ordering: .relaxed) {
                    guard let url = try? HTTPURL(app + "assets/style.css?\(number)"),
                        let response = try? client.send(ClientRequest(.get, url))
                    else { continue }
                    _ = try? response.readAll(limit: 1 << 20)
                }
            }.start()
        }
        defer {
            isOver.store(true, ordering: .relaxed)
            threads.wait()
        }
        // While all of that goes on, the page is used.
        try await page.type("1.0.9999", into: "releases-text")
        try await page.tab.wait(until: "document.getElementById('releases-rows').rows.length === 1")
        try await page.type("", into: "releases-text")
        try await page.wait(for: "10000 releases", in: "releases-count")
        try await page.press("Show more", in: "releases")
        try await page.tab.wait(until: "document.getElementById('releases-rows').rows.length === 100")
        let before = try await memory(page)
        try await page.tab.wait(until: "frames_.length > 300")
        let count = "Number.parseInt(\(ControlPageTab.text("requests-count")))"
        try await page.tab.wait(until: "\(count) > 3000")
        let frames = (try await page.tab.evaluate("frames_").array ?? []).compactMap(\.number).sorted()
        #expect(try await page.tab.evaluate("document.querySelectorAll('#requests-rows tr').length") == .integer(200))
        let elements = try await page.tab.evaluate("document.querySelectorAll('*').length").integer ?? .max
        #expect(elements < 10_000)
        let after = try await memory(page)
        // A page that kept all would have more than this of requests alone.
        #expect(after < before + 32 << 20)
        print(
            "frames: median \(frames[frames.count / 2]) ms, 99 % \(frames[frames.count * 99 / 100]) ms, longest "
                + "\(frames.last ?? 0) ms; \(elements) elements; \(before) to \(after) bytes of script memory; "
                + "\(try await page.tab.evaluate(count).serialized) requests")
    }

    /// Bytes that the page's scripts hold, after what nobody needs has been collected.
    private func memory(_ page: ControlPageTab) async throws -> Int {
        try await page.tab.browser.send("HeapProfiler.collectGarbage", session: page.tab.session)
        let usage = try await page.tab.browser.send("Runtime.getHeapUsage", session: page.tab.session)
        return Int(usage["usedSize"]?.number ?? 0)
    }
}
