import Testing

import JSON

@Suite("JSON values")
struct JSONValueTests {
    @Test(
        "Text that is not JSON is refused",
        arguments: [
            "", "{", "[1,]", "01", "1.", "-", "1e", "\"\\x\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "{\"a\" 1}",
            "{1: 2}", "nul", "1 2", "\"\t\"", "\"", "\"\\", "\"\\u12", "]", "}", ",", "[}", "{]", "1e999", "\u{FEFF}1",
            String(repeating: "[", count: 1000),
        ])
    func broken(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text.utf8) }
    }

    @Test(
        "Text becomes a value, which becomes text of the same meaning",
        arguments: [
            ("null", .null), ("[true,false]", .array([.boolean(true), .boolean(false)])), ("-12", .integer(-12)),
            ("-0", .integer(0)), ("1.5e3", .number(1500)), ("1E+2", .number(100)),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            ("\"\\u0041\\ud83d\\ude00\\/\"", .string("A\u{1F600}/")), ("{}", .object([:])),
            (" { \"a\" : [ ] } ", .object(["a": .array([])])),
        ] as [(String, JSONValue)])
    func valid(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text.utf8) == value)
        #expect(try JSONValue(parsing: value.serialized.utf8) == value)
    }

    @Test("Of members with one name, all are kept and the last counts")
    func duplicateNames() throws {
        let object = try #require(try JSONValue(parsing: #"{"a":1,"b":2,"a":3}"#.utf8).object)
        #expect(object["a"] == .integer(3))
        #expect(object.serialized == #"{"a":1,"b":2,"a":3}"#)
    }

    @Test(
        "Strings are written with the escapes that JSON, terminals and scripts need",
        arguments: [
            ("a\"b\\c/d", #""a\"b\\c/d""#), ("\n\r\t", #""\n\r\t""#), ("\u{0}\u{1F}\u{7F}", #""\u0000\u001f\u007f""#),
            ("\u{2028}-\u{2029}", #""\u2028-\u2029""#), ("", #""""#),
            ("\u{2027}\u{202A}é\u{1F600}", "\"\u{2027}\u{202A}é\u{1F600}\""),
        ])
    func escapes(string: String, text: String) throws {
        #expect(JSONValue.string(string).serialized == text)
        #expect(try JSONValue(parsing: text.utf8) == .string(string))
    }

    @Test("Infinities, which JSON cannot write, become null")
    func infinities() {
        #expect(JSONValue.array([.number(.infinity), .number(0.5)]).serialized == "[null,0.5]")
    }

    @Test("A member is replaced in its place, appended at the end, or removed")
    func members() {
        var object: JSONObject = ["a": .integer(1), "b": .integer(2)]
        object["a"] = .integer(3)
        object["c"] = .boolean(true)
        object["b"] = nil
        object["d"] = nil
        #expect(object.serialized == #"{"a":3,"c":true}"#)
    }
}
