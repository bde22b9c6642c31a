import Foundation
import HTTP
import JSON
import TestSupport
import Testing

/// What pages of others, which the developer visits in the same browser, can do to the sandbox.
@Suite(
    "Pages of other sites", .serialized, .timeLimit(.minutes(15)),
    .enabled(if: Chromium.path != nil, "Chromium is not installed"))
struct ForeignPageTests {
    /// Tries everything that a page can send without being asked, and what it would have to ask for, too.
    private static let attempts = """
        const results = {};
        async function attempt(name, body) {
          try { results[name] = await body() } catch { results[name] = 'refused' }
        }
        async function read(url, options) {
          const response = await fetch(url, options);
          return response.type === 'opaque' ? 'opaque' : response.status + ' ' + await response.text();
        }
        function element(name, attribute, url) {
          return new Promise((resolve, reject) => {
            const node = document.createElement(name);
            node.onload = () => resolve('loaded');
            node.onerror = () => reject();
            node[attribute] = url;
            document.body.append(node);
          });
        }
        function form(url, enctype, name, value) {
          const frame = document.createElement('iframe');
          frame.name = 'f' + Math.random();
          document.body.append(frame);
          const form = document.createElement('form');
          Object.assign(form, { method: 'post', action: url, enctype, target: frame.name });
          const field = document.createElement('textarea');
          Object.assign(field, { name, value });
          form.append(field);
          document.body.append(form);
          return new Promise(resolve => {
            frame.onload = () => resolve('sent');
            form.submit();
          });
        }
        const invoice = 'bindleVersion = "1.0.0"\\n[bindle]\\nname = "planted"\\nversion = "1.0.0"\\n';
        async function run(control, app) {
          const routes = ['/v1/_q', '/v1/_i/small/1.2.3', '/v1/_r/missing/small/1.2.3', '/v1/bindle-keys',
            '/revisions', '/revisions/1/changes/1'];
          for (const route of routes) {
            for (const mode of ['cors', 'no-cors']) {
              await attempt('GET ' + mode + ' ' + route, () => read(control + route, { mode }));
            }
            await attempt('script ' + route, () => element('script', 'src', control + route));
            await attempt('image ' + route, () => element('img', 'src', control + route));
          }
          for (const type of ['', 'text/plain', 'application/x-www-form-urlencoded', 'application/toml']) {
            for (const mode of ['cors', 'no-cors']) {
              const body = new Blob([invoice], { type });
              await attempt('POST ' + mode + ' ' + type, () => read(control + '/v1/_i', { method: 'POST', mode, body }));
            }
          }
          await attempt('DELETE', () => read(control + '/v1/_i/small/1.2.3', { method: 'DELETE' }));
          await attempt('restore', () => read(control + '/revisions/1/restore', { method: 'POST', mode: 'no-cors' }));
          await attempt('form', () => form(control + '/v1/_i', 'text/plain', invoice + '#', ''));
          await attempt('restoring form', () => form(control + '/revisions/1/restore', 'text/plain', 'a', 'b'));
          await attempt('reload script', () => read(app + '.hippo/reload.js'));
          await attempt('events', () => new Promise((resolve, reject) => {
            const source = new EventSource(app + '.hippo/events');
            source.onopen = () => resolve('open');
            source.onerror = reject;
          }));
          return results;
        }
        """

    @Test("change nothing and read nothing, from another port and under a name that means this machine")
    func foreignPages() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        defer { withExtendedLifetime(sandbox) {} }
        let ready = try await sandbox.next("ready")
        let appURL = try #require(ready["app"]?.string)
        let control = try #require(ready["bindle"]?.string).replacingOccurrences(of: "/v1", with: "")
        try app.writeHandler("hello 2")
        _ = try await sandbox.next("serving")
        let before = try state(control, appURL)

        let stranger = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { _, _, writer in
            try writer.respond(
                Response(
                    text: "<!doctype html><body><script>\(Self.attempts)</script>",
                    contentType: "text/html; charset=utf-8"))
        }
        try stranger.start()
        defer { stranger.stop() }
        let context = try await Chromium().context()
        for host in ["127.0.0.1", "localhost", Chromium.reboundName] {
            let tab = try await context.open("http://\(host):\(stranger.address.port)/")
            try await tab.wait(until: "typeof run === 'function'")
            let rebound = { (url: String) in url.replacingOccurrences(of: "127.0.0.1", with: Chromium.reboundName) }
            for (control, app) in [(control, appURL), (rebound(control), rebound(appURL))] {
                try await tab.evaluate(
                    "run('\(control)', '\(app)').then(r => window.outcome = JSON.stringify(r), e => window.outcome = '' + e)"
                )
                try await tab.wait(until: "window.outcome !== undefined")
                let text = try #require(try await tab.evaluate("window.outcome").string)
                let outcome = try #require(try JSONValue(parsing: Array(text.utf8)).object)
                try await tab.evaluate("window.outcome = undefined")
                #expect(outcome.members.count > 30)
                for member in outcome.members {
                    #expect(
                        ["refused", "opaque", "sent"].contains(member.value.string),
                        "\(member.name) from \(host) to \(control)")
                }
            }
        }
        try await context.close()
        #expect(try state(control, appURL) == before)
    }

    @Test("have no rights in a window that shows the sandbox under a name of theirs")
    func reboundPages() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        defer { withExtendedLifetime(sandbox) {} }
        let ready = try await sandbox.next("ready")
        let context = try await Chromium().context()
        for url in [ready["app"]?.string, ready["bindle"]?.string] {
            let origin = try #require(url).replacingOccurrences(of: "127.0.0.1", with: Chromium.reboundName)
            let tab = try await context.open(origin)
            try await tab.wait(until: "document.readyState === 'complete'")
            let text = try await tab.evaluate("document.body.innerText").string ?? ""
            #expect(text.contains("--allow-host"))
            for path in ["/v1/_q", "/hello", "/assets/index.html", "/.hippo/events"] {
                try await tab.evaluate("fetch('\(path)').then(r => window.status = '' + r.status)")
                try await tab.wait(until: "window.status === '421'")
                try await tab.evaluate("window.status = ''")
            }
        }
        try await context.close()
    }

    /// All that a page might have changed.
    private func state(_ control: String, _ app: String) throws -> [String] {
        let client = Client()
        return try ["\(control)/v1/_q?limit=50", "\(control)/revisions", "\(control)/v1/_i/small/1.2.3", "\(app)hello"]
            .map {
                let response = try client.send(ClientRequest(.get, try HTTPURL($0)))
                return "\(response.status) " + String(decoding: try response.readAll(limit: 1 << 20), as: UTF8.self)
            }
    }
}
