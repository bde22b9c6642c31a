import TOML
import Testing

/// Errors say where they are and show the line.
struct ErrorTests {
    @Test("An error has its place its line and a caret") func anErrorHasItsPlaceItsLineAndACaret() throws {
        let error = try #require(throws: TOMLError.self) {
            try TOMLTable(parsing: "[bindle]\nname = \"weather\"\nversion = 1.2.3\n")
        }
        #expect(error.position == SourcePosition(line: 3, column: 11))
        #expect(error.sourceLine == "version = 1.2.3")
        #expect(
            error.description == """
                line 3, column 11: '1.2.3' is not a number, a date or a time
                    version = 1.2.3
                              ^
                """)
    }

    @Test("Columns count scalars and tabs stay tabs") func columnsCountScalarsAndTabsStayTabs() throws {
        let error = try #require(throws: TOMLError.self) { try TOMLTable(parsing: "\t\"é\u{1F41D}\" = x") }
        #expect(error.position == SourcePosition(line: 1, column: 9))
        #expect(error.excerpt == "    \t\"é\u{1F41D}\" = x\n    \t       ^")
    }

    @Test("A string that is not ended is reported where it begins") func aStringThatIsNotEndedIsReportedWhereItBegins()
        throws
    {
        let error = try #require(throws: TOMLError.self) { try TOMLTable(parsing: "a = 1\nb = \"\"\"x\ny\nz") }
        #expect(error.position == SourcePosition(line: 2, column: 5))
    }

    @Test("A redefinition names the first definition") func aRedefinitionNamesTheFirstDefinition() throws {
        let key = try #require(throws: TOMLError.self) { try TOMLTable(parsing: "a = 1\n\na = 2") }
        #expect(key.message == "the key 'a' is defined already on line 1")
        #expect(key.position == SourcePosition(line: 3, column: 1))
        let table = try #require(throws: TOMLError.self) { try TOMLTable(parsing: "[a.b]\n[a]\n[a.b]") }
        #expect(table.message == "the table 'b' is defined already on line 1")
        #expect(table.position == SourcePosition(line: 3, column: 4))
    }

    @Test("Invalid UTF8 has its place") func invalidUTF8HasItsPlace() throws {
        let error = try #require(throws: TOMLError.self) {
            try TOMLTable(parsing: Array("a = 1\nb = 'é".utf8) + [0xC3, 0x27])
        }
        #expect(error.position == SourcePosition(line: 2, column: 7))
    }

    @Test("A long line is cut to what surrounds the error") func aLongLineIsCutToWhatSurroundsTheError() throws {
        let text = "a = [" + String(repeating: "1, ", count: 1000) + "x" + String(repeating: ", 1", count: 1000) + "]"
        let error = try #require(throws: TOMLError.self) { try TOMLTable(parsing: text) }
        #expect(error.position.column == 3006)
        #expect(error.excerpt.count < 400)
        let lines = error.excerpt.split(separator: "\n")
        let caret = try #require(Array(lines[1]).firstIndex(of: "^"))
        #expect(Array(lines[0])[caret] == "x")
    }

    @Test("Nesting without end is refused", arguments: [("a = ", "["), ("a = ", "{ b = "), ("", "a."), ("[", "a.")])
    func nestingWithoutEndIsRefused(opening: String, repeated: String) {
        let text = opening + String(repeating: repeated, count: 100_000) + "a"
        #expect(throws: TOMLError.self) { try TOMLTable(parsing: text) }
    }

    @Test(
        "Texts that end early are read to their end",
        arguments: [
            "", "a", "a.", "a =", "a = \"", "a = \"\\", "a = '''", "[", "[[", "[a", "[[a]", "a = 19", "a = 1979-",
            "a = {",
            "\u{FEFF}", "a = \"\\u12", "\r",
        ])
    func textsThatEndEarlyAreReadToTheirEnd(text: String) {
        let isComplete = text.isEmpty || text == "\u{FEFF}" || text == "a = 19"
        let isRead = (try? TOMLTable(parsing: text)) != nil
        #expect(isRead == isComplete)
    }
}
