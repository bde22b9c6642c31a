import Foundation
import HTTP
import TestSupport
import Testing

/// The control page as a developer has it open beside the editor.
@Suite(.serialized, .timeLimit(.minutes(15)), .enabled(if: Chromium.path != nil, "Chromium is not installed"))
struct ControlPageBrowserTests {
    private func open(_ url: String) async throws -> Chromium.Tab { try await ControlPageTab.open(url) }

    private static func text(_ id: String) -> String { ControlPageTab.text(id) }

    @Test("It follows the app: what serves, its parcels, requests and log, a failure with its place, and its end")
    func following() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let ready = try await sandbox.next("ready")
        let url = try #require(ready["app"]?.string)
        let control = try #require(ready["bindle"]?.string).replacingOccurrences(of: "/v1", with: "/")
        let tab = try await open(control)
        try await tab.wait(until: "\(Self.text("state")).startsWith('Serving revision 1')")
        try await tab.wait(until: "document.querySelector('#routes a')?.href === '\(url)hello'")
        try await tab.wait(until: "\(Self.text("parcels-rows")).includes('hello')")
        // A name that a stranger has chosen is text.
        #expect(try get(url + "%3Cimg%20src=x%3E").status == 404)
        #expect(try get(url + "hello").status == 200)
        try await tab.wait(until: "\(Self.text("requests-rows")).includes('/hello')")
        #expect(try await tab.evaluate("document.querySelectorAll('main img').length") == .integer(0))
        try app.writeHandler("hello 2")
        try await tab.wait(until: "\(Self.text("state")).startsWith('Serving revision 2')")
        try await tab.wait(until: "\(Self.text("parcels-rows")).includes('changed')")
        try await tab.wait(until: "\(Self.text("timings")).includes('total')")
        let good = try String(contentsOfFile: app.path + "/HIPPOFACTS", encoding: .utf8)
        try app.save(good + "\n[[handler]\n", to: "HIPPOFACTS")
        try await tab.wait(until: "\(Self.text("state")).startsWith('Failed to serve the last save; still revision 2')")
        try await tab.wait(until: "\(Self.text("problem-place")).startsWith('HIPPOFACTS:')")
        #expect(try await tab.evaluate("\(Self.text("problem-source")).includes('[[handler]')") == .boolean(true))
        try app.save(good, to: "HIPPOFACTS")
        try await tab.wait(until: "document.getElementById('problem').hidden")
    }

    @Test("A page that was opened during the first build shows what serves afterwards") func firstBuild() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path, ["--build", "while [ ! -e go ]; do sleep 0.01; done"])
        let starting = try await sandbox.next("starting")
        let url = try #require(starting["app"]?.string)
        let tab = try await open(try #require(starting["bindle"]?.string).replacingOccurrences(of: "/v1", with: "/"))
        try await tab.wait(until: "\(Self.text("state")).startsWith('Building')")
        try app.save("", to: "go")
        try await sandbox.next("ready")
        try await tab.wait(until: "document.querySelector('#routes a')?.href === '\(url)hello'")
        #expect(try await tab.evaluate("document.getElementById('connection').hidden") == .boolean(true))
    }

    @Test("Where the listener asks for a token, the link has it, and the page takes it out of its address")
    func token() async throws {
        let app = try SmallApp()
        let home = try TemporaryDirectory()
        let sandbox = try SandboxProcess(
            app.path, bindleListen: "0.0.0.0:0", environment: ["XDG_CONFIG_HOME": home.path])
        defer { withExtendedLifetime(sandbox) {} }
        let bindles = try #require(try await sandbox.next("ready")["bindle"]?.string)
        let control = bindles.replacingOccurrences(of: "/v1", with: "/")
        let token = try UserConfiguration.accessToken(in: home.path)
        let stranger = try await open(control)
        try await stranger.wait(until: "!document.getElementById('token').hidden")
        #expect(try await stranger.evaluate("document.body.innerText.includes('hello')") == .boolean(false))
        let tab = try await open(control + "#token=" + token)
        try await tab.wait(until: "\(Self.text("state")).startsWith('Serving')")
        #expect(try await tab.evaluate("location.href") == .string(control))
        #expect(try await tab.evaluate("document.cookie") == .string(""))
    }

    @Test(
        "axe-core finds nothing serious in it, in either colour scheme and on a phone",
        .enabled(if: AxeCore.wheel != nil, "no wheel of axe-playwright-python is in .build/axe"))
    func accessibility() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let ready = try await sandbox.next("ready")
        let url = try #require(ready["app"]?.string)
        let control = try #require(ready["bindle"]?.string).replacingOccurrences(of: "/v1", with: "/")
        _ = try get(url + "none")
        try app.save(try String(contentsOfFile: app.path + "/HIPPOFACTS", encoding: .utf8) + "\n[[", to: "HIPPOFACTS")
        let script = try AxeCore.script()
        for scheme in ["light", "dark"] {
            for width in [1200, 375] {
                let tab = try await open("about:blank")
                try await tab.browser.send(
                    "Emulation.setDeviceMetricsOverride",
                    [
                        "width": .integer(width), "height": .integer(800), "deviceScaleFactor": .integer(1),
                        "mobile": .boolean(width < 500),
                    ], session: tab.session)
                try await tab.browser.send(
                    "Emulation.setEmulatedMedia",
                    [
                        "features": .array([
                            .object(["name": .string("prefers-color-scheme"), "value": .string(scheme)])
                        ])
                    ], session: tab.session)
                try await tab.navigate(to: control)
                try await tab.wait(until: "\(Self.text("requests-rows")).includes('/none')")
                try await tab.wait(until: "!document.getElementById('problem').hidden")
                try await tab.evaluate(script + "; 0")
                try await tab.evaluate("document.querySelector('#requests-rows button').click()")
                try await tab.wait(until: "document.getElementById('exchange').open")
                try await tab.evaluate("document.getElementById('exchange').close()")
                // The page, and each of its dialogs.
                for dialog in ["", "exchange", "comparison", "channel-dialog", "publish-dialog"] {
                    let opened = "document.getElementById('\(dialog)')"
                    try await tab.evaluate(dialog.isEmpty ? "0" : "\(opened).showModal()")
                    let found = try await tab.evaluate(
                        """
                        axe.run(document, { resultTypes: ['violations'] }).then(result => result.violations
                          .filter(violation => ['serious', 'critical'].includes(violation.impact))
                          .map(violation => violation.id + ': ' + violation.nodes.map(node => node.html).join(' ')).join('\\n'))
                        """)
                    #expect(found == .string(""), "\(scheme) \(width) \(dialog)")
                    try await tab.evaluate(dialog.isEmpty ? "0" : "\(opened).close()")
                }
                // Nothing is wider than the window.
                #expect(
                    try await tab.evaluate("document.documentElement.scrollWidth <= innerWidth") == .boolean(true),
                    "\(scheme) \(width)")
            }
        }
    }

    @Test("The keyboard goes through it in the order of the page") func keyboard() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let ready = try await sandbox.next("ready")
        let control = try #require(ready["bindle"]?.string).replacingOccurrences(of: "/v1", with: "/")
        let tab = try await open(control)
        try await tab.wait(until: "document.querySelector('#routes a') !== null")
        try await tab.wait(until: "\(Self.text("parcels-rows")).includes('hello')")
        var order: [String] = []
        for _ in 0..<11 {
            try await tab.press("Tab", code: 9)
            order.append(try await tab.evaluate("document.activeElement.innerText").string ?? "")
        }
        #expect(
            order.prefix(10) == [
                "Skip to the app", "Now", "Add bindles", "Releases", "Channels", "Parcels", "Requests", "Log", "Tokens",
                "Environment",
            ])
        #expect(order.last?.hasPrefix("http://") == true)
    }

    @Test("A page of the app itself, on its own port, gets nothing from it") func pageOfTheApp() async throws {
        let app = try SmallApp()
        try app.save("<!doctype html><title>a</title>", to: "assets/index.html")
        let sandbox = try SandboxProcess(app.path)
        let ready = try await sandbox.next("ready")
        let url = try #require(ready["app"]?.string)
        let control = try #require(ready["bindle"]?.string).replacingOccurrences(of: "/v1", with: "/")
        let tab = try await open(url + "assets/index.html")
        try await tab.wait(until: "document.readyState === 'complete'")
        for path in ["", "api/v1/app", "api/v1/log", "api/v1/requests", "api/v1/events", "control/page.js"] {
            for mode in ["cors", "no-cors"] {
                let fetched = try await tab.evaluate(
                    """
                    fetch('\(control)\(path)', { mode: '\(mode)', credentials: 'include' })
                      .then(response => response.text()).catch(() => '')
                    """)
                #expect(fetched == .string(""), "\(path) \(mode)")
            }
        }
        // A frame of it stays empty: the browser shows an error of its own, of another origin.
        let framed = try await tab.evaluate(
            """
            new Promise(resolve => {
              const frame = document.createElement('iframe');
              frame.onload = () => { try { resolve(frame.contentDocument ? 'own' : 'foreign') } catch { resolve('foreign') } };
              frame.src = '\(control)';
              document.body.append(frame);
            })
            """)
        #expect(framed == .string("foreign"))
    }
}
