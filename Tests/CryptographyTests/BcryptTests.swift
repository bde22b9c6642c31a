import Testing

import Cryptography

@Suite("bcrypt")
struct BcryptTests {
    /// Made with Python's `bcrypt`.
    @Test(
        "knows the password that was hashed, and no other",
        arguments: [
            ("", "$2y$04$oPbz420hCmSz/DoilXm18u0kcLHog.tE0KWeMfMjRaeFQCDpD.qRG"),
            ("sw0rdf1sh", "$2y$05$376yWFpiBPbZXbVbb64tUuEBpgZ8I4U3eA7eootfGS0Voz9GfCbQ."),
            ("pässwörd", "$2y$06$kzsUUJrqQRDJvCSYJTQZF.T2i07czvVabVCKbVwqhoKvNVG.Koiw."),
            (String(repeating: "a", count: 72), "$2y$04$32rU.cIT6W9bH2DXU2gsrusCoFzOJAHMariao2bvmVagu1pJGBML."),
            (String(repeating: "b", count: 80), "$2y$04$KjNwBOlslGIR9.tWvgz8v.BZzLVNCViaEsRYLC5QYxgOna4jTE6JC"),
        ])
    func knowsThePasswordThatWasHashedAndNoOther(password: String, hash: String) throws {
        let bcrypt = try #require(Bcrypt(hash))
        #expect(bcrypt.matches(password))
        #expect(!bcrypt.matches(password + "x") || password.utf8.count >= 72)
        #expect(!bcrypt.matches("something else"))
    }

    @Test(
        "reads its own hashes only",
        arguments: [
            "", "$2y$05$", "$2x$05$zwK38cRDnjubAni5GRD3deZSvjMixQLVF6XYeKQrCAtzaWRZT8Xdi",
            "$2y$03$zwK38cRDnjubAni5GRD3deZSvjMixQLVF6XYeKQrCAtzaWRZT8Xdi",
            "$2y$32$zwK38cRDnjubAni5GRD3deZSvjMixQLVF6XYeKQrCAtzaWRZT8Xdi",
            "$2y$05$zwK38cRDnjubAni5GRD3deZSvjMixQLVF6XYeKQrCAtzaWRZT8Xd",
            "$2y$05$zwK38cRDnjubAni5GRD3deZSvjMixQLVF6XYeKQrCAtzaWRZT8Xd!", "$apr1$abc$def",
        ])
    func readsItsOwnHashesOnly(text: String) {
        #expect(Bcrypt(text) == nil)
    }
}
