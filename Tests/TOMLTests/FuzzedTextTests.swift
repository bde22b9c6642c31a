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
}
