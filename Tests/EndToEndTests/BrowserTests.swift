import Foundation
import HTTP
import SandboxProtocol
import TestSupport
import Testing

/// What a developer sees in the browser beside the editor.
@Suite(.serialized, .timeLimit(.minutes(15)), .enabled(if: Chromium.path != nil, "Chromium is not installed"))
struct BrowserTests {
    /// One for all tests. Each has a context of its own.
    private static let browser = Result { try Chromium() }

    /// An app that is up, and a browser that has not been there yet.
    struct Scene {
        let app: SmallApp
        let sandbox: SandboxProcess
        let url: String
        let context: Chromium.Context

        init(_ app: SmallApp, _ arguments: [String] = []) async throws {
            self.app = app
            sandbox = try SandboxProcess(app.path, arguments)
            url = try await sandbox.next("ready")["app"]?.string ?? ""
            context = try await BrowserTests.browser.get().context()
        }

        /// Opens a page, and waits until it is connected to the sandbox.
        func open(_ path: String) async throws -> Chromium.Tab {
            let tab = try await context.open(url + path)
            try await tab.wait(until: "document.readyState === 'complete'")
            try await tab.evaluate("window.mark = 1")
            return tab
        }
    }

    private static let page = """
        <!doctype html><html lang="en"><link rel="stylesheet" href="style.css">
        <h1>one</h1><div style="height: 5000px"></div></html>
        """
    /// Whether the page is the one that was opened, and not loaded again since.
    private static let isSamePage = "window.mark === 1"
    private static let overlay = "document.querySelector('hippo-dev')?.shadowRoot.querySelector('dialog')"
    private static let overlayText = "\(overlay)?.innerText ?? ''"

    private static func app(_ page: String = page) throws -> SmallApp {
        let app = try SmallApp()
        try app.save(page, to: "assets/index.html")
        return app
    }

    @Test("A save reloads the page where it was scrolled to") func aSaveReloadsThePageWhereItWasScrolledTo()
        async throws
    {
        let scene = try await Scene(Self.app())
        let tab = try await scene.open("assets/")
        #expect(try await tab.evaluate("document.compatMode") == .string("CSS1Compat"))
        #expect(try await tab.evaluate("document.documentElement.lang") == .string("en"))
        #expect(try await tab.evaluate("document.querySelectorAll('script').length") == .integer(0))
        try await tab.evaluate("scrollTo(0, 700)")
        try await tab.wait(until: "scrollY === 700")
        try scene.app.save(Self.page.replacingOccurrences(of: "one", with: "two"), to: "assets/index.html")
        try await tab.wait(until: "document.querySelector('h1')?.textContent === 'two' && scrollY === 700")
        #expect(try await tab.evaluate(Self.isSamePage) == .boolean(false))
        // And once more, by what the handler answers.
        try scene.app.save(Self.page.replacingOccurrences(of: "one", with: "three"), to: "assets/index.html")
        try await tab.wait(until: "document.querySelector('h1')?.textContent === 'three'")
        try await scene.context.close()
    }

    @Test("A style sheet is exchanged without a reload") func aStyleSheetIsExchangedWithoutAReload() async throws {
        let scene = try await Scene(Self.app())
        let tab = try await scene.open("assets/")
        for color in ["rgb(0, 0, 255)", "rgb(0, 128, 0)"] {
            try scene.app.save("h1 { color: \(color) }", to: "assets/style.css")
            try await tab.wait(until: "getComputedStyle(document.querySelector('h1')).color === '\(color)'")
            try await tab.wait(until: "document.querySelectorAll('link').length === 1")
        }
        #expect(try await tab.evaluate(Self.isSamePage) == .boolean(true))
        // The page is up to date: what comes next is not mistaken for something that it has missed.
        try scene.app.save(Self.page.replacingOccurrences(of: "one", with: "two"), to: "assets/index.html")
        try await tab.wait(until: "document.querySelector('h1')?.textContent === 'two'")
        try await scene.context.close()
    }

    @Test("A style sheet that another imports needs a reload") func aStyleSheetThatAnotherImportsNeedsAReload()
        async throws
    {
        let app = try Self.app()
        try app.save("@import 'colors.css';", to: "assets/style.css")
        try app.save("h1 { color: rgb(1, 1, 1) }", to: "assets/colors.css")
        let scene = try await Scene(app)
        let tab = try await scene.open("assets/")
        try app.save("h1 { color: rgb(2, 2, 2) }", to: "assets/colors.css")
        try await tab.wait(until: "getComputedStyle(document.querySelector('h1')).color === 'rgb(2, 2, 2)'")
        #expect(try await tab.evaluate(Self.isSamePage) == .boolean(false))
        try await scene.context.close()
    }

    @Test("A failure is shown until it is mended") func aFailureIsShownUntilItIsMended() async throws {
        let scene = try await Scene(Self.app())
        let tab = try await scene.open("assets/")
        try scene.app.writeHippofacts(extra: "rout = \"<b>x</b>\"")
        try await tab.wait(until: "\(Self.overlay)?.open === true")
        let text = try await tab.evaluate(Self.overlayText).string ?? ""
        #expect(text.contains("HIPPOFACTS:9:1"))
        #expect(text.contains("rout = \"<b>x</b>\""))
        #expect(text.contains("Revision 1 goes on serving."))
        // What is wrong, then the source; and the place opens the editor.
        let headline = try #require(text.range(of: "unknown key"))
        #expect(try headline.lowerBound < #require(text.range(of: "rout = ")).lowerBound)
        let link = try await tab.evaluate("\(Self.overlay).querySelector('.place a').getAttribute('href')")
        #expect(link == .string("vscode://file\(scene.app.path)/HIPPOFACTS:9:1"))
        // A page that is opened meanwhile shows it, too.
        let other = try await scene.context.open(scene.url + "assets/style.css")
        try await other.navigate(to: scene.url + "assets/")
        try await other.wait(until: "\(Self.overlay)?.open === true")
        try scene.app.writeHippofacts()
        for tab in [tab, other] { try await tab.wait(until: "document.querySelector('hippo-dev') === null") }
        #expect(try await tab.evaluate(Self.isSamePage) == .boolean(true))
        try await scene.context.close()
    }

    @Test("A failure that is closed comes back with news") func aFailureThatIsClosedComesBackWithNews() async throws {
        let scene = try await Scene(Self.app())
        let tab = try await scene.open("assets/")
        try scene.app.save("(module (func $f i32.bogus))", to: "hello.wat")
        try await tab.wait(until: "(\(Self.overlayText)).includes('i32.bogus')")
        try await tab.press("Escape", code: 27)
        try await tab.wait(until: "document.querySelector('hippo-dev') === null")
        try scene.app.save("(module (func $f i32.other))", to: "hello.wat")
        try await tab.wait(until: "(\(Self.overlayText)).includes('i32.other')")
        #expect(try await tab.evaluate(Self.isSamePage) == .boolean(true))
        try await scene.context.close()
    }

    @Test("A trap is explained") func aTrapIsExplained() async throws {
        let app = try Self.app()
        try app.save(
            """
            (module
              (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 0) "\\08\\00\\00\\00\\10\\00\\00\\00<b>no hippo</b>\\n")
              (func $find_the_hippo unreachable)
              (func (export "_start")
                (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 100)))
                (call $find_the_hippo)))
            """, to: "hello.wat")
        let scene = try await Scene(app)
        let tab = try await scene.open("hello?a=b")
        let text = try await tab.evaluate("document.body.innerText").string ?? ""
        for part in [
            "500 Internal Server Error", "The module trapped: unreachable", "find_the_hippo", "<b>no hippo</b>",
            "GET /hello?a=b", "Request ",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        #expect(try await tab.evaluate("document.querySelectorAll('b').length") == .integer(0))
        try app.writeHandler("mended")
        // The module does not answer with a page any more, so that this is where the tab stays.
        try await tab.wait(until: "document.body.innerText === 'mended'")
        try await scene.context.close()
    }

    @Test("A page that ends early is explained") func aPageThatEndsEarlyIsExplained() async throws {
        let app = try Self.app()
        // More than is held back, so that a part of it has left.
        let head =
            "content-type: text/html\n\n<!doctype html><h1>beginning</h1>" + String(repeating: " ", count: 40_000)
        let escaped = head.replacingOccurrences(of: "\n", with: "\\n")
        try app.save(
            """
            (module
              (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 0) "\\10\\00\\00\\00")
              (data (i32.const 16) "\(escaped)")
              (func (export "_start")
                (i32.store (i32.const 4) (i32.const \(head.utf8.count)))
                (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                (drop (i32.div_u (i32.const 1) (i32.const 0)))))
            """, to: "hello.wat")
        let scene = try await Scene(app)
        let tab = try await scene.context.open(scene.url + "hello")
        try await tab.wait(until: "(\(Self.overlayText)).includes('integer divide by zero')")
        #expect(try await tab.evaluate("document.querySelector('h1').textContent") == .string("beginning"))
        try await scene.context.close()
    }

    @Test("A page whose response was put right says so, and stays as it is")
    func warning() async throws {
        let app = try Self.app()
        let output = "content-type: text/html\n\n<!doctype html><h1>page</h1>"
        try app.save(
            """
            (module
              (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 0) "\\10\\00\\00\\00")
              (data (i32.const 16) "no colon\\n\(output.replacingOccurrences(of: "\n", with: "\\n"))")
              (func (export "_start")
                (i32.store (i32.const 4) (i32.const \(output.utf8.count + 9)))
                (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
            """, to: "hello.wat")
        let scene = try await Scene(app)
        let tab = try await scene.context.open(scene.url + "hello")
        let notice = "document.querySelector('hippo-dev')?.shadowRoot?.textContent ?? ''"
        try await tab.wait(until: "(\(notice)).includes('The handler\\'s response was put right')")
        #expect(try await tab.evaluate("document.querySelector('h1').textContent") == .string("page"))
        try await scene.context.close()
    }

    @Test("A path without anything tells what there is") func aPathWithoutAnythingTellsWhatThereIs() async throws {
        let scene = try await Scene(Self.app())
        let tab = try await scene.open("style")
        let links = try await tab.evaluate("[...document.links].map((link) => link.pathname).join(' ')")
        #expect(links == .string("/assets/style.css /hello"))
        try scene.app.writeHippofacts(route: "/style")
        try await tab.wait(until: "document.body.innerText === 'hello 1'")
        try await scene.context.close()
    }

    @Test("A project that cannot be served yet says why") func aProjectThatCannotBeServedYetSaysWhy() async throws {
        let app = try Self.app()
        try app.save("[bindle]\nname = 3\n", to: "HIPPOFACTS")
        let port = try ListeningSocket(binding: .loopback(port: 0)).address
        let sandbox = try SandboxProcess(app.path, listen: port.description)
        let context = try await Self.browser.get().context()
        let failed = try await sandbox.next("failed")
        #expect(failed["line"]?.integer == 2)
        let tab = try await context.open("http://\(port)/assets/")
        try await tab.wait(until: "document.body?.innerText.includes('HIPPOFACTS:2:') ?? false")
        // Other clients get the same in short.
        let answer = try get("http://\(port)/assets/")
        #expect(answer.status == 503)
        #expect(answer.body.contains("HIPPOFACTS:2:"))
        // Another failure takes its place, and the app the place of that.
        try app.save("[bindle]\nname = \"a\"\nversion = 4\n", to: "HIPPOFACTS")
        try await tab.wait(until: "document.body?.innerText.includes('HIPPOFACTS:3:') ?? false")
        try app.writeHippofacts()
        try await tab.wait(until: "document.querySelector('h1')?.textContent === 'one'")
        try await sandbox.next("ready")
        try await context.close()
    }

    @Test("A page comes back to what serves instead") func aPageComesBackToWhatServesInstead() async throws {
        let port = try ListeningSocket(binding: .loopback(port: 0)).address
        let app = try Self.app()
        let context = try await Self.browser.get().context()
        let sandbox = try SandboxProcess(app.path, listen: port.description)
        try await sandbox.next("ready")
        let tab = try await context.open("http://\(port)/assets/")
        try await tab.wait(until: "document.querySelector('h1')?.textContent === 'one'")
        try await tab.evaluate("window.mark = 1")
        // The process that serves dies: the page stays, and goes on to be told.
        for id in sandbox.descendants() { kill(id, SIGKILL) }
        try await sandbox.next("log") { $0["text"]?.string?.contains("serves again") == true }
        try app.save(Self.page.replacingOccurrences(of: "one", with: "two"), to: "assets/index.html")
        try await tab.wait(until: "document.querySelector('h1')?.textContent === 'two'")
        // The sandbox dies, and is started again: nobody knows what the page has missed.
        try await tab.evaluate("window.mark = 1")
        let processes = sandbox.descendants()
        kill(sandbox.id, SIGKILL)
        try await SandboxProcess.waitForDeath(of: processes)
        _ = try await sandbox.waitForEnd()
        try app.save(Self.page.replacingOccurrences(of: "one", with: "three"), to: "assets/index.html")
        let next = try SandboxProcess(app.path, ["--ephemeral"], listen: port.description)
        try await next.next("ready")
        try await tab.wait(until: "document.querySelector('h1')?.textContent === 'three'")
        try await context.close()
    }

    @Test("Many tabs do not take the connections of the app") func manyTabsDoNotTakeTheConnectionsOfTheApp()
        async throws
    {
        let scene = try await Scene(Self.app())
        var tabs: [Chromium.Tab] = []
        for _ in 0..<10 { tabs.append(try await scene.open("assets/")) }
        for tab in tabs {
            #expect(try await tab.evaluate("fetch('/hello').then((response) => response.text())") == .string("hello 1"))
        }
        try scene.app.save(Self.page.replacingOccurrences(of: "one", with: "two"), to: "assets/index.html")
        for tab in tabs {
            // Those in the background wait until they are looked at.
            try await tab.browser.send("Page.bringToFront", session: tab.session)
            try await tab.wait(until: "document.querySelector('h1')?.textContent === 'two'")
        }
        try await scene.context.close()
    }

    @Test("Without reload pages are left alone") func withoutReloadPagesAreLeftAlone() async throws {
        let scene = try await Scene(Self.app(), ["--no-reload"])
        let tab = try await scene.open("assets/")
        let resources = try await tab.evaluate(
            "performance.getEntriesByType('resource').map((entry) => entry.name).join(' ')")
        #expect(resources.string?.contains("/.hippo/") == false)
        #expect(try get(scene.url + ".hippo/reload.js").status == 404)
        try scene.app.save(Self.page.replacingOccurrences(of: "one", with: "two"), to: "assets/index.html")
        try await scene.sandbox.next("serving")
        #expect(try await tab.evaluate(Self.isSamePage) == .boolean(true))
        // A trap is explained nevertheless.
        try scene.app.save("(module (func (export \"_start\") unreachable))", to: "hello.wat")
        try await scene.sandbox.next("serving")
        try await tab.navigate(to: scene.url + "hello")
        try await tab.wait(until: "document.body?.innerText.includes('The module trapped: unreachable') ?? false")
        try await scene.context.close()
    }

    @Test("The answer to a form is not asked for again") func theAnswerToAFormIsNotAskedForAgain() async throws {
        let app = try Self.app("<!doctype html><form method=\"post\" action=\"/hello\"></form>")
        try app.writePage("<h1>answer 1</h1>")
        let scene = try await Scene(app)
        let tab = try await scene.open("assets/")
        try await tab.evaluate("document.forms[0].submit()")
        try await tab.wait(until: "document.querySelector('h1')?.textContent === 'answer 1'")
        try app.writePage("<h1>answer 2</h1>")
        let notice = "document.querySelector('hippo-dev')?.shadowRoot.querySelector('[role=status]')?.innerText"
        try await tab.wait(until: "\(notice)?.includes('POST') ?? false")
        #expect(try await tab.evaluate("document.querySelector('h1').textContent") == .string("answer 1"))
        #expect(scene.sandbox.events("request").filter { $0["method"]?.string == "POST" }.count == 1)
        try await scene.context.close()
    }

    @Test("A page that a cache keeps is not loaded for ever") func aPageThatACacheKeepsIsNotLoadedForEver() async throws
    {
        // What comes from such a cache knows an old revision however often it is asked for.
        let old = "<script src=\"/.hippo/reload.js\" data-revision=\"old-1\" data-request=\"1\" async></script>"
        let scene = try await Scene(Self.app("<!doctype html>\(old)<h1>one</h1>"))
        let tab = try await scene.context.open(scene.url + "assets/")
        let notice = "document.querySelector('hippo-dev')?.shadowRoot.querySelector('[role=status]')?.innerText"
        try await tab.wait(until: "\(notice)?.includes('service worker') ?? false")
        let pages = scene.sandbox.events("request").filter { $0["path"]?.string == "/assets/" }
        #expect(pages.count == 2)
        try await scene.context.close()
    }

    @Test("A strict policy of the page is no obstacle") func aStrictPolicyOfThePageIsNoObstacle() async throws {
        let app = try Self.app()
        let policy =
            "content-security-policy: default-src 'none'; script-src 'nonce-abc'; require-trusted-types-for 'script'; trusted-types"
        try app.writePage("<!doctype html><h1>answer 1</h1>", headers: policy)
        let scene = try await Scene(app)
        let tab = try await scene.open("hello")
        try app.writeHippofacts(extra: "rout = \"/x\"")
        try await tab.wait(until: "\(Self.overlay)?.open === true")
        #expect(try await tab.evaluate("getComputedStyle(\(Self.overlay)).position") == .string("fixed"))
        try app.writeHippofacts()
        try await tab.wait(until: "document.querySelector('hippo-dev') === null")
        try app.writePage("<!doctype html><h1>answer 2</h1>", headers: policy)
        try await tab.wait(until: "document.querySelector('h1')?.textContent === 'answer 2'")
        try await scene.context.close()
    }

    @Test(
        "A policy in the page itself is no obstacle",
        arguments: [
            "script-src 'self'", "default-src 'none'", "default-src 'none'; script-src 'nonce-abc'; worker-src 'none'",
            "script-src 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='; connect-src 'none'",
            "script-src 'strict-dynamic' 'nonce-abc'; require-trusted-types-for 'script'; trusted-types",
        ])
    func aPolicyInThePageItselfIsNoObstacle(policy: String) async throws {
        func page(_ text: String) -> String {
            "<!doctype html><meta http-equiv='content-security-policy' content=\"\(policy)\"><h1>\(text)</h1>"
        }
        let scene = try await Scene(Self.app(page("one")))
        let tab = try await scene.open("assets/")
        for text in ["two", "three"] {
            try scene.app.save(page(text), to: "assets/index.html")
            try await tab.wait(until: "document.querySelector('h1')?.textContent === '\(text)'")
        }
        try scene.app.writeHippofacts(extra: "rout = \"/x\"")
        try await tab.wait(until: "\(Self.overlay)?.open === true")
        #expect(try await tab.evaluate("getComputedStyle(\(Self.overlay)).position") == .string("fixed"))
        // The connection outlives the process that it was made to.
        try scene.app.writeHippofacts()
        try await tab.wait(until: "document.querySelector('hippo-dev') === null")
        try await scene.context.close()
    }

    /// A service worker passes navigations on, and may keep what comes.
    @Test(
        "A service worker is no obstacle",
        arguments: [
            "fetch(event.request)",
            "fetch(event.request).then(async (r) => { (await caches.open('c')).put(event.request, r.clone()); return r; })",
        ])
    func aServiceWorkerIsNoObstacle(answer: String) async throws {
        let app = try Self.app()
        let prologue =
            "self.oninstall = () => skipWaiting(); self.onactivate = (event) => event.waitUntil(clients.claim());"
        try app.save("\(prologue) self.onfetch = (event) => event.respondWith(\(answer));", to: "assets/worker.js")
        let scene = try await Scene(app)
        let tab = try await scene.open("assets/")
        try await tab.evaluate("navigator.serviceWorker.register('worker.js')")
        try await tab.wait(until: "navigator.serviceWorker.controller !== null")
        try await tab.navigate(to: scene.url + "assets/")
        try await tab.wait(until: "navigator.serviceWorker.controller !== null && document.readyState === 'complete'")
        for text in ["two", "three"] {
            try scene.app.save(Self.page.replacingOccurrences(of: "one", with: text), to: "assets/index.html")
            try await tab.wait(until: "document.querySelector('h1')?.textContent === '\(text)'")
        }
        try await scene.context.close()
    }

    @Test("Going back shows what serves now") func goingBackShowsWhatServesNow() async throws {
        let scene = try await Scene(Self.app())
        let tab = try await scene.open("assets/")
        try await tab.navigate(to: scene.url + "hello")
        try await tab.wait(until: "document.body?.innerText === 'hello 1'")
        try scene.app.save(Self.page.replacingOccurrences(of: "one", with: "two"), to: "assets/index.html")
        try await scene.sandbox.next("serving")
        try await tab.evaluate("history.back()")
        try await tab.wait(until: "document.querySelector('h1')?.textContent === 'two'")
        try await scene.context.close()
    }
}

extension SmallApp {
    /// Writes a handler that answers with a page, at `/hello`.
    fileprivate func writePage(_ page: String, headers: String? = nil) throws {
        let output = "content-type: text/html\n\(headers.map { $0 + "\n" } ?? "")\n\(page)"
        let escaped = output.replacingOccurrences(of: "\"", with: "\\\"").replacingOccurrences(of: "\n", with: "\\n")
        try save(
            """
            (module
              (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 0) "\\10\\00\\00\\00")
              (data (i32.const 16) "\(escaped)")
              (func (export "_start")
                (i32.store (i32.const 4) (i32.const \(output.utf8.count)))
                (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
            """, to: "hello.wat")
    }
}
