import Foundation
import TestSupport
import Testing

/// `hippo-dev run` of components, beside `wasmtime run`.
@Suite(
    .timeLimit(.minutes(15)),
    .enabled(
        if: ComponentServer.canCompare && CComponent.isAvailable, "\(ComponentServer.absence); \(CComponent.absence)"))
struct RunComparisonTests {
    /// Runs a component here.
    private func ours(_ options: [String], _ arguments: [String], input: String? = nil) throws -> Program.Result {
        try Program.run(["run"] + options + arguments, input: input)
    }

    /// Runs it in wasmtime, by the compiler that is done at once.
    private func theirs(_ options: [String], _ arguments: [String], input: String? = nil) throws -> Program.Result {
        let tool = try #require(TestTool.find("wasmtime"))
        return try Program.run(
            ["run", "-C", "compiler=winch", "--allow-precompiled"] + options + arguments, input: input,
            executable: tool.path)
    }

    @Test("A command of C ends with the same code", arguments: ["success", "failure", "S: exit", "F: exit", "trap"])
    func codes(_ end: String) throws {
        let directory = try TemporaryDirectory()
        let wit = """
            package test:command;
            world command {
                import wasi:cli/environment@0.2.0;
                import wasi:cli/stdout@0.2.0;
                import wasi:cli/exit@0.2.0;
                export wasi:cli/run@0.2.0;
            }

            """
        let component = try CComponent.build(
            GuestSource.read("command.c"), wit: wit, world: "command", usesWASI: true)
        let path = try directory.write(Data(component), to: "command.wasm").path
        for options in [[], ["--invoke", "run()"]] {
            let (own, other) = (try ours(options, [path, end]), try theirs(options, [path, end]))
            #expect(own.status == other.status && own.output == other.output, "\(own), \(other)")
            #expect(own.output.hasPrefix("begun\n"))
        }
    }

    @Test(
        "A command of Python is given the same", .enabled(if: PythonComponent.isAvailable, "\(PythonComponent.absence)")
    )
    func python() async throws {
        let component = try await PythonGuest.command()
        let directory = try TemporaryDirectory()
        // The same name for both: it is the first argument.
        let name = "command.wasm"
        let path = directory.path + "/" + name
        try FileManager.default.copyItem(atPath: component.path, toPath: path)
        let compiled = directory.path + "/compiled/" + name
        try directory.write("old", to: "data/old.txt")
        try FileManager.default.createDirectory(
            atPath: directory.path + "/compiled", withIntermediateDirectories: true)
        let tool = try #require(TestTool.find("wasmtime"))
        try TestTool.run(tool, ["compile", "-C", "compiler=winch", path, "-o", compiled])
        let runs: [(options: [String], words: [String], input: String?)] = [
            ([], ["arguments"], nil), ([], ["arguments", "", "é", "a b", "--env", "-x"], nil),
            ([], ["environment"], nil), (["--env", "A=1", "--env", "B=x=y", "--env", "C="], ["environment"], nil),
            ([], ["input"], ""), ([], ["input"], "abc\ndef"), ([], ["input"], nil),
            ([], ["exit", "0"], nil), ([], ["exit", "1"], nil), ([], ["exit", "3"], nil), ([], ["fail"], nil),
            ([], ["error"], nil), (["--dir", "\(directory.path)/data::/data"], ["files", "/data"], nil),
            (["--dir", "\(directory.path)/data::/"], ["files", ""], nil), ([], ["files", "/data"], nil),
        ]
        for (options, words, input) in runs {
            let own = try ours(options, [path] + words, input: input)
            try? FileManager.default.removeItem(atPath: directory.path + "/data/new.txt")
            let other = try theirs(options, [compiled] + words, input: input)
            try? FileManager.default.removeItem(atPath: directory.path + "/data/new.txt")
            #expect(own.status == other.status, "\(options) \(words): \(own), \(other)")
            #expect(own.output == other.output, "\(options) \(words)")
            // Traps are told in other words.
            if own.status != 134 { #expect(own.errors == other.errors, "\(options) \(words)") }
        }
    }

    @Test("Calls in WAVE are understood in the same way, and results are printed in the same way") func wave() throws {
        let directory = try TemporaryDirectory()
        let component = try CComponent.build(
            GuestSource.read("types.c"), wit: GuestSource.read("types.wit"), world: "types")
        let path = try directory.write(Data(component), to: "types.wasm").path
        for call in Self.calls {
            let (own, other) = (try ours(["--invoke", call], [path]), try theirs(["--invoke", call], [path]))
            #expect(own.status == other.status && own.output == other.output, "\(call): \(own), \(other)")
            #expect(own.status == 0)
        }
        for call in Self.malformed {
            let (own, other) = (try ours(["--invoke", call], [path]), try theirs(["--invoke", call], [path]))
            #expect(own.status != 0 && other.status != 0, "\(call): \(own), \(other)")
        }
    }

    private static let calls = [
        "nothing()", "divide(7, 2)", "divide(-7, 2)", "divide(1, 0)", "maybe(none)", #"maybe(some("x"))"#,
        #"maybe("x")"#,
        "double(1.5)", "double(-0.0)", "double(1e300)", "double(1e308)", "double(nan)", "double(-inf)",
        "bools([true, false])", "s8s([-128, 0, 127])", "u8s([0, 255])", "s16s([-32768, 32767])", "u16s([65535])",
        "s32s([-2147483648, 2147483647])", "u32s([4294967295])", "s64s([-9223372036854775808, 9223372036854775807])",
        "u64s([18446744073709551615])", "f32s([0, -0, 1.5, 0.1, 16777216, 3.4028235e38, 1e-45, 1e10, nan, inf, -inf])",
        "f64s([0, -0, 0.1, 1e21, 1e22, 1.7976931348623157e308, 5e-324, 1e-7, 123456789.123, nan, inf, -inf])",
        #"chars(['a', '\'', '"', '\\', '\n', '\t', '\r', 'é', '😀', '\u{0}', '\u{7f}', '\u{85}', '\u{200b}', '\u{301}'])"#,
        #"strings(["", "a'b\"c\\d", "\n\t\r", "é😀", "\u{0}\u{1b}\u{7f}\u{85}", "\u{200b}\u{feff}", "e\u{301}"])"#,
        "strings([])", "lists([[], [1], [2, 3]])",
        #"records([{name: "a", age: some(1), %record: true}, {%record: false, age: none, name: ""}])"#,
        #"records([{name: "a", %record: true}, {name: "b", age: 2, %record: false}])"#,
        #"tuples([(1, "a", 2.5), (2, "", nan)])"#, "variants([point, circle(1.5), %list([1, 2])])",
        "enums([red, dark-green, %true])", "options([none, some(none), some(some(1))])",
        #"results([ok(1), err("x"), 2])"#, "bare-results([ok, err])", "flag-sets([{}, {read}, {run-it, read, write}])",
        "bools( [ true , false, ] )", "test:types/lists.bools([true])",
        "strings([\"\"\"\n  several\n    lines\n  \"\"\"])", "u8s([1, // a comment\n 2])",
    ]

    private static let malformed = [
        "bools([1])", "u8s([256])", "s8s([-129])", "u8s([-1])", "u8s([1.0])", "f32s([true])", "chars(['ab'])",
        "chars(['\\ud800'])",
        "strings(['a'])", "lists([1])", "records([{name: \"a\"}])",
        "records([{name: \"a\", name: \"b\", %record: true}])",
        "tuples([(1, \"a\")])", "variants([circle])", "variants([point(1)])", "enums([blue])", "flag-sets([{delete}])",
        "options([1])",
        "bools(", "bools([true)", "bools([true]) x", "double()", "double(1, 2)", "absent()", "double", "",
    ]
}
