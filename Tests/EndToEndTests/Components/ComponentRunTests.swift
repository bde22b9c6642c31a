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
}
