import Foundation
import JSON
import TestSupport
import Testing

/// What is fed to the sandbox on the control page: files that are dropped, and bindles from elsewhere.
@Suite(.serialized, .timeLimit(.minutes(15)), .enabled(if: Chromium.path != nil, "Chromium is not installed"))
struct ControlPageFeedTests {
    /// Drags files and folders of this machine onto an element, and drops them.
    private func drop(_ paths: [String], on id: String, _ page: ControlPageTab) async throws {
        try await page.tab.evaluate("document.getElementById('\(id)').scrollIntoView({ block: 'center' })")
        let box = try await page.tab.evaluate(
            "(box => ({ x: box.x + box.width / 2, y: box.y + 10 }))(document.getElementById('\(id)').getBoundingClientRect())"
        )
        for type in ["dragEnter", "dragOver", "drop"] {
            try await page.tab.browser.send(
                "Input.dispatchDragEvent",
                [
                    "type": .string(type), "x": box.object?["x"] ?? .null, "y": box.object?["y"] ?? .null,
                    "data": .object([
                        "items": .array([]), "files": .array(paths.map { .string($0) }),
                        "dragOperationsMask": .integer(1),
                    ]),
                ], session: page.tab.session)
        }
    }

    @Test("A folder with a HIPPOFACTS is taken as it is, and served on a channel beside the app") func folder()
        async throws
    {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let page = try await ControlPageTab.open(sandbox)
        let other = try SmallApp()
        try other.writeHandler("from the folder")
        try other.save("[build]\ncommand = \"touch built\"\n", to: "hippo-dev.toml")
        try other.save("SECRET=1\n", to: ".env")
        let facts = try String(contentsOfFile: other.path + "/HIPPOFACTS", encoding: .utf8)
        try other.save(facts.replacing("\"small\"", with: "\"dropped\""), to: "HIPPOFACTS")
        try await drop([other.path], on: "feed-drop", page)
        try await page.wait(for: "hippo-dev.toml", in: "feed-result")
        try await page.wait(for: ".env", in: "feed-result")
        #expect(try await page.tab.evaluate("document.getElementById('feed-name').value") == .string("dropped"))
        try await page.press("Add to the store", in: "feed-dropped")
        try await page.wait(for: "dropped/1.2.3 is in the store", in: "feed-result")
        try await page.press("Release dropped/1.2.3 and serve it on a channel", in: "feed-result")
        try await page.wait(for: "dev serves at", in: "channels-made")
        let link = try #require(try await page.tab.evaluate("document.querySelector('#channels-made a').href").string)
        let channel = try await ControlPageTab.open(link + "hello")
        try await channel.wait(until: "document.body?.innerText === 'from the folder'")
        #expect(try get(page.app + "hello").body == "hello 1")
        #expect(!FileManager.default.fileExists(atPath: other.path + "/built"))
    }

    @Test("Files without a HIPPOFACTS become a bindle whose name and version can be changed before") func files()
        async throws
    {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let page = try await ControlPageTab.open(sandbox)
        let other = try SmallApp()
        try await drop([other.path + "/hello.wat", other.path + "/assets/style.css"], on: "feed-drop", page)
        try await page.tab.wait(until: "!document.getElementById('feed-dropped').hidden")
        try await page.type("mine", into: "feed-name")
        try await page.type("0.0.7", into: "feed-version")
        try await page.press("Add to the store", in: "feed-dropped")
        try await page.wait(for: "mine/0.0.7 is in the store", in: "feed-result")
        try await page.type("mine", into: "feed-text")
        try await page.wait(for: "mine/0.0.7", in: "feed-bindles")
        // What cannot be made says why, and nothing comes of it.
        try other.save("[bindle\n", to: "HIPPOFACTS")
        try await drop([other.path + "/HIPPOFACTS", other.path + "/hello.wat"], on: "feed-drop", page)
        try await page.tab.wait(
            until: "document.querySelector('#feed-result .alarm')?.innerText.includes('HIPPOFACTS')")
    }
}
