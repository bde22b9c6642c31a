import Foundation
import HTTP
import TestSupport
import Testing

/// Components as handlers: those that answer HTTP requests themselves, and commands that do as CGI programs.
@Suite(.timeLimit(.minutes(15)), .enabled(if: CComponent.isAvailable, "\(CComponent.absence)"))
struct ComponentServingTests {
    private let app: SmallApp
    /// The processes go with the test.
    private let processes = Processes()

    private final class Processes {
        var all: [SandboxProcess] = []
    }

    init() throws {
        app = try SmallApp()
    }

    /// Saves a component beside the handler of the app, and gives it a route.
    private func add(_ component: Data, route: String = "/component/...", settings: String = "") throws {
        try component.write(to: app.directory.url.appendingPathComponent("component.wasm"))
        try app.writeHippofacts(extra: "[[handler]]\nname = \"component.wasm\"\nroute = \"\(route)\"")
        if !settings.isEmpty {
            try app.save("[[handler]]\nroute = \"\(route)\"\n\(settings)\n", to: "hippo-dev.toml")
        }
    }

    private func serve(_ arguments: [String] = []) async throws -> (sandbox: SandboxProcess, url: String) {
        let sandbox = try SandboxProcess(app.path, arguments)
        processes.all.append(sandbox)
        return (sandbox, try #require(try await sandbox.next("ready")["app"]?.string))
    }

    @Test("A component answers beside a CGI handler, and what is saved of it serves at once") func edited() async throws
    {
        try add(HTTPComponent.answering("component 1"))
        let (sandbox, url) = try await serve()
        #expect(try get(url + "component/x") == Answer(status: 200, body: "component 1"))
        #expect(try get(url + "hello") == Answer(status: 200, body: "hello 1"))
        try add(HTTPComponent.answering("component 2"))
        try await sandbox.next("serving")
        #expect(try get(url + "component/x") == Answer(status: 200, body: "component 2"))
    }

    @Test("Each request has an instance of its own; with 'reuse', an instance answers so many") func instances()
        async throws
    {
        let counting = try HTTPComponent.build(
            """
            count++;
            char digit = '0' + count;
            answer(outparam, 200, &digit, 1);
            """, declarations: "static int count;")
        try add(counting)
        let (sandbox, url) = try await serve()
        for _ in 1...3 { #expect(try get(url + "component/").body == "1") }
        try add(counting, settings: "reuse = 3")
        try await sandbox.next("serving")
        #expect(try (1...6).map { _ in try get(url + "component/").body } == ["1", "2", "3", "1", "2", "3"])
    }

    @Test("An instance that has ended itself is used no more")
    func exitsOfReuse() async throws {
        let component = try HTTPComponent.build(
            """
            answer(outparam, 200, "done", 4);
            end(0);
            """, declarations: "IMPORT(\"wasi:cli/exit@0.2.0\", \"exit\") void end(int);",
            imports: "import wasi:cli/exit@0.2.0;")
        try add(component, settings: "reuse = 3")
        let (_, url) = try await serve()
        for _ in 1...3 { #expect(try get(url + "component/") == Answer(status: 200, body: "done")) }
    }

    @Test("An instance that is used again has nothing in its arguments of what another client has sent")
    func argumentsOfReuse() async throws {
        let component = try HTTPComponent.build(
            """
            arguments(result);
            u32 *texts = (u32 *)result[0];
            u32 count = result[1];
            int body = begin(outparam, 200, 0);
            body_write(body, result);
            int stream = result[1];
            for (u32 i = 0; i < count; i++) stream_write(stream, (void *)texts[2 * i], texts[2 * i + 1], result);
            stream_drop(stream);
            body_finish(body, 0, 0, result);
            """, declarations: "IMPORT(\"wasi:cli/environment@0.2.0\", \"get-arguments\") void arguments(u32 *);",
            imports: "import wasi:cli/environment@0.2.0;")
        try add(component)
        let (sandbox, url) = try await serve()
        #expect(try get(url + "component/?secret").body.contains("secret"))
        try add(component, settings: "reuse = 2")
        try await sandbox.next("serving")
        for query in ["?secret", ""] { #expect(try get(url + "component/" + query).body == "component.wasm") }
    }

    @Test("What wasi:http has no place for comes in fields of Spin's names, which no client can send")
    func spinFields() async throws {
        try add(
            HTTPComponent.build(
                """
                int fields = request_headers(request);
                static const char *names[] = {"spin-matched-route", "spin-path-info", "spin-full-url", "spin-client-addr",
                    "spin-other"};
                static const int counts[] = {18, 14, 13, 16, 10};
                int body = begin(outparam, 200, 0);
                body_write(body, result);
                int stream = result[1];
                for (int i = 0; i < 5; i++) {
                    fields_get(fields, names[i], counts[i], result);
                    u32 *lists = (u32 *)result[0];
                    if (result[1] > 1) __builtin_trap();
                    if (result[1] == 1) {
                        u32 place = lists[0], count = lists[1];
                        if (i == 3) count = 10;
                        stream_write(stream, (void *)place, count, result);
                    }
                    stream_write(stream, "|", 1, result);
                }
                request_path(request, result);
                u32 place = result[1], count = result[2];
                stream_write(stream, (void *)place, count, result);
                stream_drop(stream);
                body_finish(body, 0, 0, result);
                """))
        let (_, url) = try await serve()
        let answer = try get(
            url + "component/a%20b?c=d",
            ["Spin-Path-Info": "/forged", "spin-other": "x", "SPIN-CLIENT-ADDR": "1.2.3.4"])
        #expect(
            answer.body == "/component/...|/a%20b|\(url)component/a%20b?c=d|127.0.0.1:||/component/a%20b?c=d")
    }

    @Test("A response has its end when the component says so, though that goes on", arguments: ["", "stream_write"])
    func goingOn(first: String) async throws {
        // With the second, a part has left before.
        let part = first.isEmpty ? "" : "write(body, \"part\", 4);"
        try add(
            HTTPComponent.build(
                """
                int body = begin(outparam, 200, 0);
                \(part)
                body_finish(body, 0, 0, result);
                while (1) ;
                """))
        let (_, url) = try await serve(["--timeout", "1h"])
        #expect(try get(url + "component/") == Answer(status: 200, body: first.isEmpty ? "" : "part"))
    }

    // MARK: What goes wrong

    @Test(
        "A component that fails before its response is answered with a page that says why",
        arguments: [
            ("__builtin_trap();", "unreachable"), ("", "without a response"),
            ("outparam_set(outparam, 1, 38, 0, 0, 0, 0, 0, 0);", "internal-error"),
            ("while (1) ;", "was stopped after 0.5 seconds"),
        ])
    func failing(_ handle: String, _ part: String) async throws {
        try add(HTTPComponent.build(handle))
        let (_, url) = try await serve(["--timeout", "500ms"])
        let answer = try get(url + "component/")
        #expect(answer.status == 500)
        #expect(answer.body.contains(part), "\(answer.body)")
    }

    @Test(
        "A response that has begun and is not whole is cut off",
        arguments: [
            "write(begin(outparam, 200, 0), \"part\", 4); __builtin_trap();",
            "write(begin(outparam, 200, 0), \"part\", 4);",
            "int body = begin(outparam, 200, \"9\"); write(body, \"part\", 4); body_finish(body, 0, 0, result);",
        ])
    func cutOff(_ handle: String) async throws {
        try add(HTTPComponent.build(handle))
        let (_, url) = try await serve()
        #expect(throws: (any Error).self) { try get(url + "component/") }
        #expect(try get(url + "hello").body == "hello 1")
    }

    @Test("All imports that nobody provides are told at once; as stubs, they trap when they are called")
    func missingImports() async throws {
        let component = try HTTPComponent.build(
            """
            request_path(request, result);
            if (result[2] > 12) { ring(); wind(1); }
            answer(outparam, 200, "fine", 4);
            """,
            declarations: """
                IMPORT("test:absent/clock", "wind") int wind(int);
                IMPORT("test:absent/bell", "ring") void ring(void);
                """,
            imports: "import test:absent/clock; import test:absent/bell;")
        try add(component)
        let check = try Program.run(["check", app.path])
        #expect(check.status == 1)
        for part in ["test:absent/clock", "test:absent/bell", "--stub-imports"] { #expect(check.errors.contains(part)) }
        #expect(try Program.run(["check", "--stub-imports", app.path]).status == 0)
        try add(component, settings: "stub-imports = true")
        #expect(try Program.run(["check", app.path]).status == 0)
        let (_, url) = try await serve()
        #expect(try get(url + "component/") == Answer(status: 200, body: "fine"))
        let answer = try get(url + "component/long")
        #expect(answer.status == 500)
        #expect(answer.body.contains("test:absent/bell"), "\(answer.body)")
    }

    @Test("A component that is a library says what it exports") func library() async throws {
        let library = try CComponent.build(
            """
            EXPORT("add") int add(int a, int b) { return a + b; }
            """, wit: "package test:library; world library { export add: func(a: u32, b: u32) -> u32; }",
            world: "library")
        try add(Data(library))
        let check = try Program.run(["check", app.path])
        #expect(check.status == 1)
        #expect(check.errors.contains("is a library") && check.errors.contains("add"), "\(check.errors)")
        try add(HTTPComponent.answering("component 1"))
        let (sandbox, url) = try await serve()
        try add(Data(library))
        let failure = try await sandbox.next("failed")
        #expect(failure["stage"]?.string == "launch" && failure["file"]?.string == "HIPPOFACTS", "\(failure)")
        let message = failure["message"]?.string ?? ""
        #expect(message.contains("component.wasm: requests for /component/... cannot be answered"), "\(message)")
        #expect(message.contains("is a library"), "\(message)")
        #expect(try get(url + "component/x") == Answer(status: 200, body: "component 1"))
    }

    // MARK: In a browser

    @Test(
        "A browser loads an app of a page, a CGI handler and a component",
        .enabled(if: Chromium.path != nil, "Chromium is not installed"))
    func browser() async throws {
        try add(HTTPComponent.answering("from the component"))
        try app.save(
            """
            <h1>page</h1><script>
            Promise.all(["/hello", "/component/x"].map(path => fetch(path).then(answer => answer.text())))
              .then(texts => document.querySelector("h1").textContent = texts.join(", "));
            </script>
            """, to: "assets/index.html")
        let (_, url) = try await serve()
        let page = try await ControlPageTab.open(url + "assets/index.html")
        try await page.wait(until: "document.querySelector('h1')?.textContent === 'hello 1, from the component'")
    }

    @Test(
        "The control page shows what a component imports and exports",
        .enabled(if: Chromium.path != nil, "Chromium is not installed"))
    func controlPage() async throws {
        try add(HTTPComponent.answering("component"))
        let sandbox = try SandboxProcess(app.path)
        let page = try await ControlPageTab.open(sandbox)
        try await page.tab.wait(until: "document.querySelector('#routes details') !== null")
        try await page.tab.evaluate("document.querySelector('#routes summary').click(); 0")
        try await page.wait(for: "wasi:http/incoming-handler@0.2.4", in: "routes")
        try await page.wait(for: "wasi:io/streams@0.2.6", in: "routes")
        try await page.wait(for: "3 core modules", in: "routes")
    }
}
