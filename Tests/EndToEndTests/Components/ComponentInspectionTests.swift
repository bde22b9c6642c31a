import Foundation
import HTTP
import JSON
import TestSupport
import Testing

/// What a developer is shown of requests that components answer, or do not.
@Suite(.timeLimit(.minutes(15)), .enabled(if: CComponent.isAvailable, "\(CComponent.absence)"))
struct ComponentInspectionTests {
    private let app: SmallApp

    init() throws {
        app = try SmallApp()
        try app.writeHippofacts(extra: "[[handler]]\nname = \"component.wasm\"\nroute = \"/component/...\"")
    }

    /// A component that writes to its log and answers; a path of some length has it call another component in it, which
    /// divides by zero. Both come from sources in the project.
    private func nested() throws -> Data {
        let inner = try app.directory.write(
            """
            static int divide(volatile int a, volatile int b) {
                return a / b;
            }
            int share(int a, int b) { return divide(a, b) + 1; }
            """, to: "inner.c")
        let outer = try app.directory.write(
            """
            static int __attribute__((noinline)) middle(int a) {
                return share(a, a - 3) * 2;
            }
            """, to: "outer.c")
        func included(_ file: URL) throws -> String {
            "#line 1 \"\(file.path)\"\n" + (try String(contentsOf: file, encoding: .utf8)) + "\n"
        }
        let shared = try CComponent.build(
            "EXPORT(\"test:deep/inner@1.0.0#share\") int share(int a, int b);\n" + included(inner),
            wit: """
                package test:deep@1.0.0;
                interface inner { share: func(a: s32, b: s32) -> s32; }
                world part { export inner; }
                """, world: "part", options: ["-g"])
        let answering = try HTTPComponent.build(
            """
            // Who can read no environment has none.
            get_environment(result);
            int log = get_stderr();
            stream_write(log, "said\\n", 5, result);
            stream_drop(log);
            request_path(request, result);
            int is_long = result[2] > 15;
            answer(outparam, 200, "fine", is_long ? middle(3) : 4);
            """,
            declarations: """
                IMPORT("wasi:cli/stderr@0.2.0", "get-stderr") int get_stderr(void);
                IMPORT("wasi:cli/environment@0.2.0", "get-environment") void get_environment(void *);
                IMPORT("test:deep/inner@1.0.0", "share") int share(int, int);
                \(included(outer))
                """,
            imports: """
                import wasi:cli/stderr@0.2.0;
                import wasi:cli/environment@0.2.0;
                import test:deep/inner@1.0.0;
                """, options: ["-g"])
        return Data(try CComponent.compose([UInt8](answering), with: shared))
    }

    @Test(
        "What is kept of a component's requests is what is kept of a module's: log, environment, memory, and its trap")
    func recorded() async throws {
        try nested().write(to: app.directory.url.appendingPathComponent("component.wasm"))
        let scene = try await RecordingScene(app)
        #expect(try get(scene.url + "hello").body == "hello 1")
        #expect(try get(scene.url + "component/?a=b").body == "fine")
        let page = try get(scene.url + "component/trapping")
        #expect(page.status == 500)
        for part in [
            "integer divide by zero", "share at \(app.path)/inner.c:2", "middle at \(app.path)/outer.c:2",
            "> 2 │     return a / b;",
        ] {
            #expect(page.body.contains(part), "\(page.body)")
        }

        let module = try scene.detail(scene.number("/hello"))
        let answered = try scene.detail(scene.number("/component/?a=b"))
        let trapped = try scene.detail(scene.number("/component/trapping"))
        func members(_ object: JSONObject?) -> Set<String> { Set(object?.members.map(\.name) ?? []) }
        #expect(members(answered) == members(module))
        #expect(answered["handler"] == .string("component.wasm") && answered["route"] == .string("/component/..."))
        #expect(answered["function"] == .string("wasi:http/incoming-handler"))
        #expect(answered["response"]?.object?["body"]?.object?["text"] == .string("fine"))
        #expect((answered["timings"]?.object?["instantiate"]?.number ?? 0) > 0)
        let run = try #require(answered["run"]?.object)
        #expect(members(run) == members(module["run"]?.object))
        // Of both components in it.
        #expect((run["memory"]?.integer ?? 0) >= 2 * 65_536)
        #expect(run["errorOutput"]?.object?["text"] == .string("said\n"))
        func names(_ detail: JSONObject) -> Set<String> {
            Set((detail["run"]?.object?["environment"]?.array ?? []).compactMap { $0.object?["name"]?.string })
        }
        #expect(names(answered).isSuperset(of: names(module)) && names(answered).contains("QUERY_STRING"))
        let failure = try #require(trapped["run"]?.object?["failure"]?.object)
        #expect(failure["problem"]?.string?.contains("integer divide by zero") == true)
        let calls = (failure["calls"]?.array ?? []).compactMap(\.object)
        #expect(calls.compactMap { $0["function"]?.string }.prefix(3) == ["share", "middle", "handle"], "\(calls)")
        #expect(failure["source"]?.object?["file"] == .string("inner.c"))
        #expect(trapped["run"]?.object?["errorOutput"]?.object?["text"] == .string("said\n"))

        let shown = try Program.run(
            ["requests", "show", String(scene.number("/component/trapping")), "--project", app.path])
        for part in ["integer divide by zero", "inner.c:2", "said", "wasi:http/incoming-handler of component.wasm"] {
            #expect(shown.output.contains(part), "\(shown)")
        }
        let replay = try scene.replay(scene.number("/component/?a=b"), "{}")
        #expect(replay["comparison"]?.object?["same"] == .boolean(true), "\(replay.serialized)")
    }
}
