import TOML
import Testing

/// Documents read key by key, with errors at the key or value at fault.
struct SectionTests {
    @Test("Values have their types") func valuesHaveTheirTypes() throws {
        var document = try TOMLSection(
            parsing: """
                name = "x"
                count = 3
                on = true
                list = ["a", "b"]
                [environment]
                B = "1"
                A = "2"
                [[item]]
                id = "one"
                [[item]]
                id = "two"
                """)
        #expect(try document.requiredString("name") == "x")
        #expect(try document.integer("count", in: 1...5) == 3)
        #expect(try document.boolean("on") == true)
        #expect(try document.strings("list") == ["a", "b"])
        #expect(try document.string("absent") == nil)
        #expect(try document.stringTable("environment")?.map(\.key) == ["B", "A"])
        var identifiers: [String] = []
        for var item in try document.sections("item") {
            identifiers.append(try item.requiredString("id"))
            try item.finish()
        }
        #expect(identifiers == ["one", "two"])
        try document.finish()
    }

    @Test(
        "Mistakes are reported where they stand",
        arguments: [
            ("a = 1", "line 1, column 5", "'a' has to be a string, found an integer"),
            ("b = [1]", "line 1, column 6", "'b' has to be an array of strings, found an integer"),
            ("\nb = \"x\"", "line 2, column 5", "'b' has to be an array of strings, found a string"),
            ("c = 11", "line 1, column 5", "'c' has to be between 1 and 10"),
            ("[d]\nx = 1", "line 2, column 5", "'d.x' has to be a string, found an integer"),
            ("a = \"\"\n  e = 1", "line 2, column 3", "unknown key 'e' in the file: it can have a, b, c, d"),
        ])
    func mistakesAreReportedWhereTheyStand(text: String, place: String, message: String) throws {
        let error = try #require(throws: TOMLError.self) {
            var document = try TOMLSection(parsing: text)
            _ = try document.string("a")
            _ = try document.strings("b")
            _ = try document.integer("c", in: 1...10)
            _ = try document.stringTable("d")
            try document.finish()
        }
        #expect(error.message == message)
        #expect(error.position.description == place)
    }

    @Test("An absent key is reported at its section") func anAbsentKeyIsReportedAtItsSection() throws {
        let error = try #require(throws: TOMLError.self) {
            var document = try TOMLSection(parsing: "\n\n[[handler]]\nroute = \"/\"")
            var handler = try document.sections("handler")[0]
            _ = try handler.requiredString("name")
        }
        #expect(error.message == "[[handler]] has no 'name'")
        #expect(error.position.line == 3)
    }
}
