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
        "Nothing else is taken for an error",
        arguments: [
            "", "make: *** [Makefile:3: all] Error 1", "12:30:01 nothing", "a.c:3:7: note: here",
            "http://127.0.0.1:80:1: x", "error: linking failed",
        ])
    func nothingElseIsTakenForAnError(_ output: String) {
        #expect(first(output) == nil)
    }
}
