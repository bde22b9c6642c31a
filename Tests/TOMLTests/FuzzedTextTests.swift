import TOML
import TestSupport
import Testing

@Suite("Texts of the fuzzer")
struct FuzzedTextTests {
    @Test("are read as another implementation reads them, and as the same once they are written again")
    func verdicts() throws {
        let cases = try FuzzedInputs.cases("toml")
        #expect(cases.count > 50)
        for one in cases {
            let table = try? TOMLTable(parsing: one.bytes)
            #expect((table != nil) == one.isValid, "\(one.text)")
            guard let text = table?.serialized() else { continue }
            #expect(try TOMLTable(parsing: text).serialized() == text, "\(one.text)")
        }
    }

    @Test("Tables nest as deep by dotted keys as by braces, and what is read is read again when it is written")
    func nestedTables() throws {
        let dotted = "x = [{\(Array(repeating: "a", count: 198).joined(separator: ".")) = 1}]"
        let table = try TOMLTable(parsing: dotted)
        #expect(try TOMLTable(parsing: table.serialized()) == table)
        #expect(throws: TOMLError.self) {
            try TOMLTable(parsing: "x = {\(Array(repeating: "a", count: 201).joined(separator: ".")) = 1}")
        }
        #expect(throws: TOMLError.self) {
            try TOMLTable(
                parsing: "x = " + String(repeating: "{a = ", count: 201) + "1" + String(repeating: "}", count: 201))
        }
    }
}
