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
        ] as [([String], String)])
    func reason(_ lines: [String], _ reason: String) {
        #expect(ErrorLine.last(of: lines) == reason)
    }

    @Test("Without output there is no reason") func nothing() { #expect(ErrorLine.last(of: ["", " "]) == nil) }
}
