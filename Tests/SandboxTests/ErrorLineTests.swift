import Testing

@testable import Sandbox

/// Which line of a build's output says why it failed.
struct ErrorLineTests {
    @Test(
        "The last line that tells of an error is the reason, and not what others say about it",
        arguments: [
            (
                ["cc -c a.c", "ld: cannot find -lx", "make[1]: *** [all] Error 1", "make: *** [all] Error 2"],
                "ld: cannot find -lx"
            ),
            (["error: linker failed", "error: could not compile `shop` (bin \"shop\")"], "error: linker failed"),
            (["Module not found: x", "npm error code 1", "npm ERR! x"], "Module not found: x"),
            (["one", "two", ""], "two"),
            (["\u{1B}[31mfatal: no\u{1B}[0m"], "fatal: no"),
            (["make: *** No rule to make target 'all'.  Stop."], "make: *** No rule to make target 'all'.  Stop."),
            (
                [
                    "   Compiling shop v0.1.0 (/shop)", "error[E0463]: can't find crate for `std`", "  |",
                    "  = note: the `wasm32-wasip1` target may not be installed",
                    "  = help: consider downloading the target with `rustup target add wasm32-wasip1`", "",
                    "For more information about this error, try `rustc --explain E0463`.",
                    "error: could not compile `shop` (bin \"shop\") due to 1 previous error",
                ], "error[E0463]: can't find crate for `std`: the `wasm32-wasip1` target may not be installed"
            ),
            (["error: no such option", "error: aborting due to 1 previous error"], "error: no such option"),
            (
                [
                    "x.js: SyntaxError: Unexpected token", "    at error (/shop/build.js:3:1)",
                    "    at fail (/shop/b.js:1:2)",
                ],
                "x.js: SyntaxError: Unexpected token"
            ),
        ] as [([String], String)])
    func reasons(_ lines: [String], _ expected: String) {
        #expect(reason(of: lines) == expected)
    }

    private func reason(of lines: [String]) -> String? {
        var errorLine = ErrorLine()
        for line in lines { errorLine.note(line) }
        return errorLine.reason
    }

    @Test("The reason is found before a stack, however long that is") func longStack() {
        // As componentize-py writes it.
        let frames = (0..<50).flatMap { ["  \($0): error_frame", "             at ./csu/../error.c:58:16"] }
        let line = "    SyntaxError: invalid syntax (app.py, line 20)"
        #expect(
            reason(of: ["Caused by:", line, "", "Stack backtrace:"] + frames)
                == "SyntaxError: invalid syntax (app.py, line 20)")
    }

    @Test("Without output there is no reason") func nothing() { #expect(reason(of: ["", " "]) == nil) }
}
