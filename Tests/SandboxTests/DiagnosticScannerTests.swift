import Testing

@testable import Sandbox

/// What is found in what compilers write.
struct DiagnosticScannerTests {
    private func first(_ output: String) -> DiagnosticScanner.Diagnostic? {
        var scanner = DiagnosticScanner()
        for line in output.split(separator: "\n", omittingEmptySubsequences: false) { scanner.note(String(line)) }
        return scanner.firstError
    }

    @Test(
        "The first error is found",
        arguments: [
            (
                "cc -c a.c\nsrc/a.c:3:7: warning: unused\nsrc/a.c:4:1: error: expected ';'\nsrc/a.c:5:1: error: no",
                "src/a.c", 4, 1, "expected ';'"
            ),
            ("a.c:1:10: fatal error: 'x.h' file not found", "a.c", 1, 10, "'x.h' file not found"),
            ("# example.com/app\n./main.go:7:2: undefined: x", "main.go", 7, 2, "undefined: x"),
            (
                "src/main.zig:3:5: error: use of undeclared identifier 'y'", "src/main.zig", 3, 5,
                "use of undeclared identifier 'y'"
            ),
            ("/p/S.swift:2:9: error: cannot find 'z' in scope", "/p/S.swift", 2, 9, "cannot find 'z' in scope"),
            (
                "   Compiling a v0.1.0\nwarning: unused\n --> src/lib.rs:1:1\nerror[E0425]: cannot find value `q`\n  --> src/main.rs:5:9\n   |",
                "src/main.rs", 5, 9, "cannot find value `q`"
            ),
            ("src/main.rs:5:9: error[E0425]: cannot find value `q`", "src/main.rs", 5, 9, "cannot find value `q`"),
            (
                "ERROR TS2304: Cannot find name 'w'.\n    :\n 3 │ w();\n   │ ^\n   └─ in assembly/index.ts(3,1)",
                "assembly/index.ts", 3,
                1, "Cannot find name 'w'."
            ),
            ("src/x.ts(9,4): error TS1005: ',' expected.", "src/x.ts", 9, 4, "',' expected."),
            ("\u{1B}[1msrc/a.c:4:1: \u{1B}[31merror:\u{1B}[0m coloured", "src/a.c", 4, 1, "coloured"),
        ])
    func theFirstErrorIsFound(_ output: String, _ file: String, _ line: Int, _ column: Int, _ message: String) {
        #expect(first(output) == .init(file: file, line: line, column: column, message: message))
    }

    @Test(
        "An exception of Python is found at the innermost line of the program itself",
        arguments: [
            (
                """
                Traceback (most recent call last):
                  File "/opt/python/bin/componentize-py", line 8, in <module>
                    sys.exit(script())
                             ^^^^^^^^
                AssertionError:   File "/0/app.py", line 20
                    def broken(:
                               ^
                SyntaxError: invalid syntax


                Caused by:
                    SyntaxError: invalid syntax (app.py, line 20)

                Stack backtrace:
                   0: <anyhow::Error>::msg::<alloc::string::String>
                """, "/0/app.py", 20, "SyntaxError: invalid syntax"
            ),
            (
                """
                Traceback (most recent call last):
                  File "/opt/python/bin/componentize-py", line 8, in <module>
                    sys.exit(script())
                             ^^^^^^^^
                AssertionError: Traceback (most recent call last):
                  File "/0/app.py", line 20, in <module>
                    import nothing_here
                ModuleNotFoundError: No module named 'nothing_here'
                """, "/0/app.py", 20, "ModuleNotFoundError: No module named 'nothing_here'"
            ),
            (
                """
                Traceback (most recent call last):
                  File "gen.py", line 4, in <module>
                    f()
                  File "gen.py", line 3, in f
                    json.loads("{")
                  File "/usr/lib/python3.13/json/decoder.py", line 345, in decode
                    obj, end = self.raw_decode(s, idx=_w(s, 0).end())
                json.decoder.JSONDecodeError: Expecting property name: line 1 column 2 (char 1)
                """, "gen.py", 3, "json.decoder.JSONDecodeError: Expecting property name: line 1 column 2 (char 1)"
            ),
            (
                "  File \"s.py\", line 1\n    def f(:\n          ^\nSyntaxError: invalid syntax", "s.py", 1,
                "SyntaxError: invalid syntax"
            ),
        ])
    func exceptionsOfPython(_ output: String, _ file: String, _ line: Int, _ message: String) {
        #expect(first(output) == .init(file: file, line: line, column: nil, message: message))
    }

    @Test(
        "Nothing else is taken for an error",
        arguments: [
            "", "make: *** [Makefile:3: all] Error 1", "12:30:01 nothing", "a.c:3:7: note: here",
            "http://127.0.0.1:80:1: x", "error: linking failed",
            "Building: x 1", "see File \"a.py\", line 3",
        ])
    func nothingElseIsTakenForAnError(_ output: String) {
        #expect(first(output) == nil)
    }
}
