import Bindle
import TestSupport
import Testing

@Suite("Version ranges of the fuzzer")
struct FuzzedRangeTests {
    @Test("are read where the grammar has them") func verdicts() throws {
        let cases = try FuzzedInputs.cases("ranges")
        #expect(cases.count > 40)
        for one in cases {
            let range = try? VersionRange(String(decoding: one.bytes, as: UTF8.self))
            #expect((range != nil) == one.isValid, "\(one.text)")
        }
    }
}
