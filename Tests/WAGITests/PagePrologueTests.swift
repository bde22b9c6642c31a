import Testing

@testable import WAGI

/// Where an element can be put into a document, however it comes.
struct PagePrologueTests {
    /// The document with a bar at the place, having come in pieces of a length.
    private static func marked(_ document: [UInt8], pieces length: Int) -> [UInt8] {
        var prologue = PagePrologue()
        var output: [UInt8] = []
        var start = 0
        while start < document.count {
            let end = min(document.count, start + length)
            if let used = document[start..<end].withUnsafeBytes({ prologue.scan($0, passing: &output) }) {
                return output + [UInt8(ascii: "|")] + prologue.held + document[(start + used)...]
            }
            start = end
        }
        return output + [UInt8(ascii: "|")] + prologue.held
    }

    @Test(
        "The place is behind the document type",
        arguments: [
            "<!doctype html>|<html>", "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">|\n<html>", "<!DocType>|x",
            "\u{FEFF}<!doctype html>|x",
            " \t\r\n\u{C}<!doctype html>|", "<!-- <script> --> <!-- > -- --!><!doctype html>|<p>",
            "<!--><!doctype html>|",
            "<!---><!doctype html>|",
            "<!----><!doctype html>|", "<!--a--b-->\n<!doctype html>|", "<!--a--!b--><!doctype html>|",
            "<?xml version=\"1.0\"?><!doctype html>|", "<!weird><!doctype html>|", "<!-x><!doctype html>|",
            "<!><!doctype html>|", "<!do><!doctype html>|",
            "</ ><!doctype html>|", "</><!doctype html>|", "<!doctype html \">|\">",
            "|<html><!doctype html>", "|", "  |text", "|text<!doctype html>", "|<p>", "|</p><!doctype html>",
            "\u{FEFF}|<p>", "|<", "|<!docty", "|<!-",
            "<!-- c -->|<body>", "|\u{0}<!doctype html>", "|\u{C5}", " |\u{FEFF}<!doctype html>", "|<>", "|<1",
            "<!-- never ended <!doctype html><p>|", "<!doctype html|",
        ])
    func thePlaceIsBehindTheDocumentType(example: String) {
        let expected = Array(example.utf8)
        let document = expected.filter { $0 != UInt8(ascii: "|") }
        for length in [1, 2, 3, 7, 1000] {
            #expect(Self.marked(document, pieces: length) == expected, "in pieces of \(length)")
        }
    }

    @Test("Text in sixteen bits is told") func textInSixteenBitsIsTold() {
        #expect(PagePrologue.isWide([0xFE, 0xFF]))
        #expect(PagePrologue.isWide([0xFF, 0xFE, 0x3C]))
        #expect(!PagePrologue.isWide([]))
        #expect(!PagePrologue.isWide(Array("<!".utf8)))
    }
}
