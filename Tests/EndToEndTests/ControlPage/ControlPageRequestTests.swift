import Foundation
import TestSupport
import Testing

/// One request on the control page: looked into, copied, and sent again.
@Suite(.serialized, .timeLimit(.minutes(15)), .enabled(if: Chromium.path != nil, "Chromium is not installed"))
struct ControlPageRequestTests {
    @Test(
        "A request is looked into, its secrets are hidden until they are asked for, and it is sent again against two revisions"
    )
    func replay() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let page = try await ControlPageTab.open(sandbox)
        _ = try get(page.app + "hello?a=1", ["Authorization": "Bearer hush", "X-Colour": "green"])
        try await page.press("/hello?a=1", in: "requests-rows")
        try await page.wait(for: "Request 1: GET /hello?a=1", in: "exchange-title")
        try await page.wait(for: "hello.wat", in: "exchange-facts")
        try await page.wait(for: "instantiate", in: "exchange-times")
        for text in ["green", "PATH_INFO", "hello 1"] { try await page.wait(for: text, in: "exchange-parts") }
        #expect(try await page.tab.evaluate("document.body.innerText.includes('hush')") == .boolean(false))
        try await page.press("Copy as curl", in: "exchange")
        try await page.wait(for: "curl", in: "exchange-replayed")
        #expect(try await page.tab.evaluate("document.body.innerText.includes('hush')") == .boolean(false))
        try await page.tab.evaluate("document.getElementById('exchange-unmasked').click()")
        try await page.wait(for: "hush", in: "exchange-parts")
        // What serves answers as before; what is saved then does not.
        try await page.press("Replay", in: "exchange")
        try await page.wait(for: "The answer is the same", in: "exchange-replayed")
        try app.writeHandler("hello 2")
        try await sandbox.next("serving")
        try await page.press("Replay", in: "exchange")
        try await page.wait(for: "The answers differ", in: "exchange-replayed")
        for text in ["-hello 1", "+hello 2"] { try await page.wait(for: text, in: "exchange-replayed") }
        try await page.tab.evaluate("document.getElementById('exchange-against').dispatchEvent(new Event('focus')); 0")
        try await page.tab.wait(
            until: "document.querySelector('#exchange-against option[value=\"revision:1\"]') !== null")
        try await page.tab.evaluate("document.getElementById('exchange-against').value = 'revision:1'; 0")
        try await page.press("Replay", in: "exchange")
        try await page.wait(for: "The answer is the same", in: "exchange-replayed")
        // Edited, it is another request, in the list as well.
        try await page.press("Edit and replay", in: "exchange")
        try await page.type("/none", into: "edit-target")
        try await page.press("Replay as edited", in: "exchange-edit")
        try await page.wait(for: "404", in: "exchange-replayed")
        try await page.press("Close", in: "exchange")
        try await page.wait(for: "/none", in: "requests-rows")
        try await page.wait(for: "replay of 1", in: "requests-rows")
    }

    @Test("The arrow keys go from request to request, and Enter opens the one that has the focus") func keyboard()
        async throws
    {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let page = try await ControlPageTab.open(sandbox)
        for number in 1...3 { _ = try get(page.app + "hello?\(number)") }
        try await page.wait(for: "/hello?3", in: "requests-rows")
        try await page.tab.evaluate("document.querySelector('#requests-rows button').focus()")
        for _ in 0..<2 { try await page.tab.press("ArrowDown", code: 40) }
        #expect(try await page.tab.evaluate("document.activeElement.innerText") == .string("/hello?1"))
        #expect(
            try await page.tab.evaluate("document.querySelectorAll('#requests-rows button[tabindex=\"0\"]').length")
                == .integer(1))
        try await page.tab.evaluate("document.activeElement.click()")
        try await page.tab.wait(until: "document.getElementById('exchange').open")
        try await page.tab.press("Escape", code: 27)
        try await page.tab.wait(until: "!document.getElementById('exchange').open")
    }
}
