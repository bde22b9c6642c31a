import JSON
import TestSupport

/// The control page of a sandbox, in a browser that all tests of it share.
struct ControlPageTab {
    private static let browser = Result { try Chromium() }

    let tab: Chromium.Tab
    /// Where the app is, and the control page; each ends with `/`.
    let app: String
    let control: String

    /// Opens the page of a sandbox that serves.
    static func open(_ sandbox: SandboxProcess) async throws -> ControlPageTab {
        let ready = try await sandbox.next("ready")
        let control = (ready["bindle"]?.string ?? "").replacing("/v1", with: "/")
        let page = ControlPageTab(
            tab: try await open(control), app: ready["app"]?.string ?? "", control: control)
        try await page.wait(for: "Serving", in: "state")
        return page
    }

    /// Opens any page.
    static func open(_ url: String) async throws -> Chromium.Tab {
        try await browser.get().context().open(url)
    }

    /// The text that is shown of an element.
    static func text(_ id: String) -> String { "document.getElementById('\(id)').innerText" }

    /// Waits until an element shows a text.
    func wait(for text: String, in id: String) async throws {
        try await tab.wait(until: "\(Self.text(id)).includes(\(JSONValue.string(text).serialized))")
    }

    /// Presses the first button within an element that says this, or is called so, once it is there.
    func press(_ name: String, in id: String) async throws {
        let found = """
            [...document.getElementById('\(id)').querySelectorAll('button')].find(button =>
              [button.innerText, button.getAttribute('aria-label')].includes(\(JSONValue.string(name).serialized)))
            """
        try await tab.wait(until: "!(\(found) ?? { disabled: true }).disabled")
        try await tab.evaluate("\(found).click()")
    }

    /// Types into a field, as far as the page can tell.
    func type(_ text: String, into id: String) async throws {
        try await tab.evaluate(
            """
            { const field = document.getElementById('\(id)');
              field.value = \(JSONValue.string(text).serialized);
              field.dispatchEvent(new Event('input', { bubbles: true })); }
            """)
    }

    /// Sets a box, or takes its mark away, by a click.
    func mark(_ label: String) async throws {
        let found = """
            [...document.querySelectorAll('input')]
              .find(box => box.getAttribute('aria-label') === \(JSONValue.string(label).serialized))
            """
        try await tab.wait(until: "\(found) !== undefined")
        try await tab.evaluate("\(found).click()")
    }
}
