import JSON
import TestSupport
import Testing

@Suite("Texts of the fuzzer")
struct FuzzedTextTests {
    @Test("are read as another implementation reads them, and as the same once they are written again")
    func verdicts() throws {
        let cases = try FuzzedInputs.cases("json")
        #expect(cases.count > 50)
        for one in cases {
            let value = try? JSONValue(parsing: one.bytes)
            #expect((value != nil) == one.isValid, "\(one.text)")
            guard let value else { continue }
            #expect(try JSONValue(parsing: Array(value.serialized.utf8)) == value, "\(one.text)")
        }
    }
}
