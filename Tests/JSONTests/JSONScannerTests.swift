import Testing

import JSON
import TestSupport

@Suite("The JSON scanner")
struct JSONScannerTests {
    private func tokens(_ text: String) throws(JSONError) -> [JSONScanner.Token] {
        var scanner = JSONScanner(Array(text.utf8))
        var tokens: [JSONScanner.Token] = []
        while let token = try scanner.next() { tokens.append(token) }
        return tokens
    }

    @Test("Tokens come without commas and colons, names apart from strings")
    func grammar() throws {
        #expect(
            try tokens(#" {"a": [1, -2.5, "b"], "c":{}, "d" :[ ] ,"e":null}"#) == [
                .beginObject, .name("a"), .beginArray, .integer(1), .number(-2.5), .string("b"), .endArray,
                .name("c"), .beginObject, .endObject, .name("d"), .beginArray, .endArray, .name("e"), .null, .endObject,
            ])
    }

    @Test("A token tells where it begins and how it is written")
    func offsets() throws {
        var scanner = JSONScanner(Array(#"[ 10 , "é", 1e2]"#.utf8))
        var places: [Int] = []
        while try scanner.next() != nil { places.append(scanner.tokenOffset) }
        #expect(places == [0, 2, 7, 13, 16])
    }

    @Test(
        "An error has the offset of what is wrong; its line and column are counted from it",
        arguments: [
            ("{\n \"é\": 1,\n \"ab\" 2}", "':' is expected after a key", 18, 3, 7),
            ("[1,\n2", "',' or ']' is expected here", 5, 2, 2),
            ("[\"é\u{1}\"]", "a control character in a string has to be written as an escape", 4, 1, 4),
            ("{} x", "more text after the end of the document", 3, 1, 4),
        ])
    func errors(text: String, message: String, offset: Int, line: Int, column: Int) throws {
        let error = try #require(throws: JSONError.self) { try tokens(text) }
        #expect(error == JSONError(message, at: offset))
        #expect(error.position(in: text.utf8).line == line)
        #expect(error.position(in: text.utf8).column == column)
    }

    @Test("Arrays and objects nest 64 deep and no deeper", arguments: ["[", #"{"a":"#])
    func depth(opening: String) throws {
        let text = String(repeating: opening, count: 65)
        let error = try #require(throws: JSONError.self) { try tokens(text) }
        #expect(error.message.contains("nested more than 64 deep"))
        let closing = opening == "[" ? "]" : "}"
        let value = opening == "[" ? "" : "1"
        let deepest = String(repeating: opening, count: 64) + value + String(repeating: closing, count: 64)
        #expect(try !tokens(deepest).isEmpty)
    }

    @Test("Strings keep their bytes: spellings that Unicode holds equivalent stay apart")
    func exactStrings() throws {
        let composed = "\u{E9}", decomposed = "e\u{301}"
        let object = try #require(
            try JSONValue(parsing: Array("{\"\(composed)\": 1, \"\(decomposed)\": 2}".utf8)).object)
        #expect(object.members.map { Array($0.name.utf8) } == [Array(composed.utf8), Array(decomposed.utf8)])
        #expect(object[composed] == .integer(1))
        #expect(object[decomposed] == .integer(2))
    }

    @Test(
        "Strings that are not UTF-8 are refused",
        arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0xAF]] as [[UInt8]])
    func invalidUTF8(content: [UInt8]) throws {
        let quote = UInt8(ascii: "\"")
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: [quote] + content + [quote]) }
        #expect(error == JSONError("this string is not valid UTF-8", at: 1))
        let escaped: [UInt8] = [quote, UInt8(ascii: "\\"), UInt8(ascii: "n")]
        #expect(throws: JSONError.self) { try JSONValue(parsing: escaped + content + [quote]) }
    }

    /// The steps that scanning a text takes, by its length.
    private func steps(_ text: String) throws -> Double {
        var scanner = JSONScanner(Array(text.utf8))
        while try scanner.next() != nil {}
        return Double(scanner.steps) / Double(text.utf8.count)
    }

    @Test("A text of ten times the length takes ten times the steps, on one line or on many", arguments: ["", "\n"])
    func linearSteps(separator: String) throws {
        func text(_ count: Int) -> String {
            let element = #"{"name": "a \"b\" é", "list": [1, 2.5e3, true, null], "table": {"x": "y"}}"#
            return "[" + Array(repeating: element, count: count).joined(separator: "," + separator) + "]"
        }
        let (few, many) = (try steps(text(10)), try steps(text(100)))
        #expect(few > 0.1 && few <= 1)
        #expect(abs(many - few) < 0.05)
    }

    @Test("Whatever is broken in a text, scanning it ends, with an error or without")
    func brokenText() {
        var generator = SeededGenerator()
        let text = Array(#"{"a": [1, -2.5e3, "b\n\u00e9\ud83d\ude00"], "c": {"d": null, "e": [true, false, {}]}}"#.utf8)
        for _ in 0..<2_000 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = .random(in: .min ... .max, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.removeLast(bytes.count - index)
                }
                if bytes.isEmpty { break }
            }
            var scanner = JSONScanner(bytes)
            var count = 0
            do { while try scanner.next() != nil { count += 1 } } catch { #expect(error.offset <= bytes.count) }
            #expect(count <= bytes.count)
        }
    }
}
