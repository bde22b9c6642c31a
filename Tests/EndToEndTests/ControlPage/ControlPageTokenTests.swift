import TestSupport
import Testing

/// Upload tokens on the control page.
@Suite(.serialized, .timeLimit(.minutes(15)), .enabled(if: Chromium.path != nil, "Chromium is not installed"))
struct ControlPageTokenTests {
    @Test("An upload token is made, shown once, and revoked") func tokens() async throws {
        let app = try SmallApp()
        let home = try TemporaryDirectory()
        let sandbox = try SandboxProcess(app.path, environment: ["XDG_CONFIG_HOME": home.path])
        let page = try await ControlPageTab.open(sandbox)
        try await page.wait(for: "Nobody has a token.", in: "tokens-rows")
        try await page.type("Ada", into: "token-label")
        try await page.type("small, other", into: "token-names")
        try await page.type("7", into: "token-days")
        try await page.press("Make a token", in: "token-new")
        try await page.wait(for: "small, other", in: "tokens-rows")
        let token = try #require(
            try await page.tab.evaluate("document.querySelector('#token-made code').innerText").string)
        #expect(token.count > 20)
        // Whoever comes later does not see it.
        let later = try await ControlPageTab.open(page.control)
        try await later.wait(until: "document.getElementById('tokens-rows').innerText.includes('Ada')")
        #expect(try await later.evaluate("document.documentElement.innerHTML.includes('\(token)')") == .boolean(false))
        try await page.tab.evaluate("window.confirm = () => true; 0")
        try await page.press("Revoke the token of Ada", in: "tokens-rows")
        try await page.wait(for: "Nobody has a token.", in: "tokens-rows")
    }
}
