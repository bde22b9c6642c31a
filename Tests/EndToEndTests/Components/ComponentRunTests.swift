import Foundation
import TestSupport
import Testing

/// `hippo-dev run` of components.
@Suite(.timeLimit(.minutes(15)), .enabled(if: CComponent.isAvailable, "\(CComponent.absence)"))
struct ComponentRunTests {
    private static let calculator = Result {
        try CComponent.build(
            """
            EXPORT("add") int add(int a, int b) { return a + b; }
            static u32 words[4];
            EXPORT("test:calculator/text@1.2.0#twice") u32 *twice(const char *text, u32 count) {
                char *place = cabi_realloc(0, 0, 1, 2 * count);
                for (u32 i = 0; i < 2 * count; i++) place[i] = text[i % count];
                words[0] = (u32)place;
                words[1] = 2 * count;
                return words;
            }
            EXPORT("test:calculator/text@1.2.0#size") u32 size(const char *text, u32 count) { return count; }
            EXPORT("test:calculator/list@1.2.0#size") u32 list_size(const u32 *items, u32 count) { return count; }
            """,
            wit: """
                package test:calculator@1.2.0;
                interface text { twice: func(text: string) -> string; size: func(text: string) -> u32; }
                interface %list { size: func(items: list<u32>) -> u32; }
                world calculator { export add: func(a: u32, b: u32) -> u32; export text; export %list; }
                """, world: "calculator")
    }

    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/calculator.wasm"
        try Data(Self.calculator.get()).write(to: URL(fileURLWithPath: path))
    }

    private func invoke(_ call: String) throws -> (status: Int32, output: String, errors: String) {
        let result = try Program.run(["run", "--invoke", call, path])
        return (result.status, result.output, result.errors)
    }

    @Test(
        "A call in WAVE finds its function in any exported instance, and its result is printed so",
        arguments: [
            ("add(2, 40)", "42\n"), (#"twice("ab")"#, "\"abab\"\n"), (#"test:calculator/text.size("abc")"#, "3\n"),
            ("test:calculator/list@1.2.0.size([1, 2])", "2\n"),
        ])
    func called(_ call: String, _ output: String) throws {
        let result = try invoke(call)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == output)
    }

    @Test(
        "A call that cannot be made says why",
        arguments: [
            ("size([1])", "several functions have this name"), ("subtract(1, 2)", "exports no such function"),
            ("add(1)", "takes 2 arguments"), ("add(1, -2)", "no u32"), ("add", "'add()' calls"),
        ])
    func refused(_ call: String, _ part: String) throws {
        let result = try invoke(call)
        #expect(result.status != 0)
        #expect(result.errors.contains(part), "\(result.errors)")
    }

    @Test("A library is not run, and says what it exports") func library() throws {
        let result = try Program.run(["run", path])
        #expect(result.status != 0)
        #expect(result.errors.contains("is a library") && result.errors.contains("test:calculator/text@1.2.0"))
    }

    @Test("Calls are traced: those of the host with their values, and with '--trace-all' those in all modules")
    func traced() throws {
        let component = try CComponent.build(
            """
            IMPORT("wasi:cli/environment@0.2.4", "get-arguments") void arguments(u32 *);
            static u32 result[2];
            static u32 __attribute__((noinline)) argument_count(void) { arguments(result); return result[1]; }
            EXPORT("count") u32 count(u32 more) { return argument_count() + more; }
            """,
            wit: """
                package test:tracing;
                world program { import wasi:cli/environment@0.2.4; export count: func(more: u32) -> u32; }
                package wasi:cli@0.2.4 { interface environment { get-arguments: func() -> list<string>; } }
                """, world: "program")
        let file = directory.path + "/program.wasm"
        try Data(component).write(to: URL(fileURLWithPath: file))
        func run(_ option: String) throws -> (output: String, lines: [String]) {
            let result = try Program.run(["run", option, "--invoke", "count(4)", file])
            #expect(result.status == 0, "\(result.errors)")
            return (result.output, result.errors.split(separator: "\n").map(String.init))
        }
        let host = ["==> wasi:cli/environment.get-arguments()", "<== [\"program.wasm\"]"]
        let (output, lines) = try run("--trace")
        #expect(output == "5\n")
        #expect(lines == host)
        let (_, all) = try run("--trace-all")
        // How many modules of its own it puts in between is the tool's affair.
        let indentation = all.first { $0.contains("get-arguments()") }?.prefix { $0 == " " } ?? ""
        #expect(indentation.count >= 4, "\(all)")
        for line in host { #expect(all.contains(indentation + line), "\(all)") }
        let main = try #require(all.first { $0.hasSuffix("] count(4)") || $0.hasSuffix("] count.command_export(4)") })
        let label = main.dropFirst(4).prefix { $0 != "]" } + "] "
        #expect(main == "==> \(label)count(4)", "\(all)")
        #expect(all.contains("  ==> \(label)argument_count()"), "\(all)")
        #expect(all.contains { $0.contains("\(label)cabi_realloc(") }, "\(all)")
        #expect(all.last == "<== 5", "\(all)")
    }
}
