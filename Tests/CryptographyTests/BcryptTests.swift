import Testing

@testable import Cryptography

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

    /// From crypt_blowfish's test vectors (Openwall); `$2a$` and `$2y$` mean the same for these.
    @Test(
        "hashes as others do",
        arguments: [
            ("U*U", "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
            ("U*U*", "CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
            ("U*U*U", "XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
            ("", "CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
        ])
    func hashesAsOthersDo(password: String, hash: String) throws {
        let known = try #require(Bcrypt("$2a$05$" + hash))
        #expect(known.matches(password))
        #expect(known.text == "$2y$05$" + hash)
        // The salts of the vectors: sixteen times what the letter stands for, bit by bit.
        let salt: [UInt8] = hash.hasPrefix("C") ? Self.salt(of: 4) : Self.salt(of: 25)
        #expect(Bcrypt(hashing: password, cost: 5, salt: salt) == known)
    }

    /// The 16 bytes of 21 digits of bcrypt's base64 and two bits of a 22nd.
    private static func salt(of digit: UInt8) -> [UInt8] {
        var digits = [UInt8](repeating: digit, count: 21)
        // The last digit of the text with `X` is `O`, 16; that of the other one is `.`, 0.
        digits.append(digit == 25 ? 16 : 0)
        var bits: [UInt8] = []
        for digit in digits {
            for shift: UInt8 in [5, 4, 3, 2, 1, 0] { bits.append(digit >> shift & 1) }
        }
        return (0..<16).map { (byte: Int) -> UInt8 in
            bits[byte * 8..<byte * 8 + 8].reduce(0) { (sum: UInt8, bit: UInt8) -> UInt8 in sum << 1 | bit }
        }
    }

    @Test("hashes a password with another salt each time, and reads what it writes") func salts() throws {
        let hashes = (0..<3).map { _ in Bcrypt(hashing: "pässwörd", cost: 4) }
        #expect(Set(hashes.map(\.text)).count == 3)
        for hash in hashes {
            #expect(Bcrypt(hash.text) == hash)
            #expect(hash.matches("pässwörd") && !hash.matches("passwort"))
        }
    }
}
