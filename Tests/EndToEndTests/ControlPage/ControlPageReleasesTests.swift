import TestSupport
import Testing

/// What is frozen, compared and brought back on the control page, by clicks.
@Suite(.serialized, .timeLimit(.minutes(15)), .enabled(if: Chromium.path != nil, "Chromium is not installed"))
struct ControlPageReleasesTests {
    @Test("Two releases are made of what serves, compared file by file, and one of them is served on a channel")
    func releases() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let page = try await ControlPageTab.open(sandbox)
        try await page.press("Release what serves", in: "release")
        try await page.wait(for: "small/1.2.3", in: "releases-rows")
        try app.writeHandler("hello 2")
        try await sandbox.next("serving")
        try app.save("<h1>page 2</h1>", to: "assets/index.html")
        try await sandbox.next("serving")
        try await page.wait(for: "Serving revision 3", in: "state")
        // The same version with other content asks.
        try await page.tab.evaluate(
            "window.asked = []; window.confirm = text => { asked.push(text); return false; }; 0")
        try await page.press("Release what serves", in: "release")
        try await page.tab.wait(until: "asked.length === 1 && asked[0].includes('small/1.2.3')")
        try await page.type("1.3.0", into: "release-version")
        try await page.press("Release what serves", in: "release")
        try await page.wait(for: "small/1.3.0 is released", in: "releases-made")
        try await page.mark("Compare small/1.2.3")
        try await page.mark("Compare small/1.3.0")
        try await page.press("Compare", in: "releases")
        try await page.wait(for: "2 files differ", in: "comparison")
        try await page.press("assets/index.html", in: "comparison-rows")
        try await page.wait(for: "-<h1>page 1</h1>", in: "comparison-difference")
        try await page.wait(for: "+<h1>page 2</h1>", in: "comparison-difference")
        try await page.press("Close", in: "comparison")
        try await page.press("Publish small/1.2.3 to a channel", in: "releases-rows")
        try await page.press("To a new channel", in: "publish-channels")
        try await page.wait(for: "stable serves at", in: "channels-made")
        let link = try #require(try await page.tab.evaluate("document.querySelector('#channels-made a').href").string)
        #expect(link.hasPrefix("http://stable.small.localhost:"))
        let channel = try await ControlPageTab.open(link + "hello")
        try await channel.wait(until: "document.body?.innerText === 'hello 1'")
        #expect(try get(page.app + "hello").body == "hello 2")
    }

    @Test("What commands do to releases and channels is on the page without a reload") func live() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let page = try await ControlPageTab.open(sandbox)
        #expect(try Program.run(["release", "--project", app.path]).status == 0)
        try await page.wait(for: "small/1.2.3", in: "releases-rows")
        #expect(try Program.run(["channel", "add", "stable", "--project", app.path]).status == 0)
        try await page.wait(for: "idle", in: "channels-rows")
        let link = try #require(try await page.tab.evaluate("document.querySelector('#channels-rows a').href").string)
        try await ControlPageTab.open(link + "hello").wait(until: "document.body?.innerText === 'hello 1'")
        try await page.wait(for: "serving", in: "channels-rows")
        #expect(try Program.run(["channel", "remove", "stable", "--project", app.path]).status == 0)
        try await page.wait(for: "0 channels", in: "channels")
    }

    @Test("A revision that served before is brought back by a click, until a file changes") func rollback() async throws
    {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let page = try await ControlPageTab.open(sandbox)
        try app.writeHandler("hello 2")
        try await sandbox.next("serving")
        try await page.press("Roll back to revision 1", in: "revisions-rows")
        try await page.wait(for: "brings back 1", in: "revisions-rows")
        #expect(try get(page.app + "hello").body == "hello 1")
        try app.writeHandler("hello 3")
        try await sandbox.next("serving") { $0["revision"]?.integer == 4 }
        #expect(try get(page.app + "hello").body == "hello 3")
    }
}
