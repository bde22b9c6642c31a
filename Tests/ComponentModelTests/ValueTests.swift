import ComponentModel
import Testing

@Suite struct ValueTests {
    @Test("Options and results are variants with the discriminants of the Canonical ABI")
    func discriminants() {
        #expect(Value.none == .variant(0, nil))
        #expect(Value.some(.u8(1)) == .variant(1, .u8(1)))
        #expect(Value.ok() == .variant(0, nil))
        #expect(Value.error(.string("x")) == .variant(1, .string("x")))
    }
}
