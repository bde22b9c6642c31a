import Platform
import Testing

@Suite("Text from outside that messages show")
struct PrintableTextTests {
    @Test(
        "is as it was where it moves no cursor and turns no text",
        arguments: ["", "plain", "tab\tstays", "é 漢字 👩‍👩‍👧", "שלום", "a\u{300}", "zero\u{200B}width"])
    func harmless(text: String) {
        #expect(PrintableText.line(text) == text)
        #expect(PrintableText.lines(text) == text)
    }

    @Test(
        "has a mark in place of each control character",
        arguments: [
            ("\u{1B}[2J", "?[2J"), ("\u{1B}]0;title\u{7}", "?]0;title?"), ("over\rwritten", "over?written"),
            ("\u{8}back", "?back"), ("\u{0}", "?"), ("\u{7F}", "?"),
            // Escape sequences of one character, which come as two bytes in UTF-8.
            ("\u{9B}31m", "?31m"), ("\u{90}", "?"),
            ("\u{2028}", "?"), ("\u{2029}", "?"),
            // What makes "gpj.exe" of "exe.jpg".
            ("\u{202E}gpj.exe", "?gpj.exe"), ("\u{2066}a\u{2069}", "?a?"), ("\u{200F}", "?"), ("\u{61C}", "?"),
        ])
    func controls(text: String, shown: String) {
        let expected = shown.replacing("?", with: "\u{FFFD}")
        #expect(PrintableText.line(text) == expected)
        #expect(PrintableText.lines(text) == expected)
    }

    @Test("keeps its line ends only where it is lines")
    func lineEnds() {
        #expect(PrintableText.lines("a\nb\r\nc\n") == "a\nb\nc\n")
        #expect(PrintableText.line("a\nb\r\nc") == "a\u{FFFD}b\u{FFFD}\u{FFFD}c")
    }
}
