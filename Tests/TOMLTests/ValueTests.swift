import TOML
import Testing

/// Values, their places, and the writer.
struct ValueTests {
    @Test("Keys and values know their places") func keysAndValuesKnowTheirPlaces() throws {
        let table = try TOMLTable(
            parsing: """
                [[handler]]
                route = "/"
                external.id = 'x'
                files = [ "a",
                          "b" ]
                """)
        let handlers = try #require(table["handler"])
        #expect(handlers.position == SourcePosition(line: 1, column: 3))
        let handler = try #require(handlers.array?.first?.table)
        #expect(handler.entry("route")?.keyPosition == SourcePosition(line: 2, column: 1))
        #expect(handler["route"]?.position == SourcePosition(line: 2, column: 9))
        #expect(handler["external"]?.table?["id"]?.position == SourcePosition(line: 3, column: 15))
        #expect(handler["files"]?.array?[1].position == SourcePosition(line: 5, column: 11))
        #expect(handler.keys == ["route", "external", "files"])
    }

    @Test("Tables are written plain keys first") func tablesAreWrittenPlainKeysFirst() {
        var label = TOMLTable()
        label["name"] = "a \"b\"\n"
        label["size"] = 12
        var parcel = TOMLTable()
        parcel["label"] = TOMLValue(label)
        var document = TOMLTable()
        document["parcel"] = TOMLValue([parcel, parcel])
        document["bindle"] = ["name": "x/y", "on": true, "ratio": 1.0, "odd key": ["a", 1]]
        document["bindleVersion"] = "1.0.0"
        #expect(
            document.serialized() == """
                bindleVersion = "1.0.0"

                [bindle]
                name = "x/y"
                on = true
                ratio = 1.0
                "odd key" = ["a", 1]

                [[parcel]]

                [parcel.label]
                name = "a \\"b\\"\\n"
                size = 12

                [[parcel]]

                [parcel.label]
                name = "a \\"b\\"\\n"
                size = 12

                """)
    }

    @Test("Setting") func setting() {
        var table = TOMLTable()
        for number in 0..<40 { table["key\(number)"] = TOMLValue(number) }
        table["key3"] = nil
        table["key39"] = "last"
        #expect(table.count == 39)
        #expect(table["key3"] == nil)
        #expect(table["key20"]?.integer == 20)
        #expect(table["key39"]?.string == "last")
        #expect(table.keys.first == "key0")
    }

    @Test("Keys that Unicode holds equivalent are two") func keysThatUnicodeHoldsEquivalentAreTwo() throws {
        let table = try TOMLTable(parsing: "\"\u{E9}\" = 1\n\"e\u{301}\" = 2")
        #expect(table["\u{E9}"]?.integer == 1)
        #expect(table["e\u{301}"]?.integer == 2)
    }

    @Test("Equality is of values") func equalityIsOfValues() throws {
        let one = try TOMLTable(parsing: "a = 1\n[b]\nc = [1, 2]")
        let other = try TOMLTable(parsing: "b = { c = [ 1,2, ] }\na = 0x1")
        #expect(one == other)
        #expect(try one != TOMLTable(parsing: "a = 1\nb = { c = [2, 1] }"))
    }

    @Test("Dates are of the calendar") func datesAreOfTheCalendar() {
        #expect(LocalDate(year: 2023, month: 2, day: 29) == nil)
        #expect(LocalDate(year: 2000, month: 2, day: 29)?.description == "2000-02-29")
        #expect(LocalDate(year: 1900, month: 2, day: 29) == nil)
        #expect(LocalTime(hour: 24, minute: 0, second: 0) == nil)
    }
}
