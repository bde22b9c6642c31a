import Testing

import Cryptography

@Suite("SHA-256")
struct SHA256Tests {
    /// The examples of FIPS 180-4 and of its companion document, by message.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
    func `has the published digests`(message: String, digest: String) {
        #expect(SHA256.hash(message.utf8).hex == digest)
    }

    @Test func `does not depend on how the message is cut`() {
        let message = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let whole = SHA256.hash(message)
        for length in [1, 3, 55, 56, 63, 64, 65, 127, 128, 129, 999] {
            var hash = SHA256()
            var rest = message[...]
            while !rest.isEmpty {
                hash.update(rest.prefix(length))
                rest = rest.dropFirst(length)
            }
            #expect(hash.finalize() == whole, "in pieces of \(length)")
        }
    }

    @Test func `goes on after a digest was taken`() {
        var hash = SHA256()
        hash.update("ab".utf8)
        _ = hash.finalize()
        hash.update("c".utf8)
        #expect(hash.finalize() == SHA256.hash("abc".utf8))
    }

    @Test func `pads messages of every length around a block's end`() {
        // The digest of the digests of "", "a", "aa"…, 130 of them; made with Python's hashlib.
        var hash = SHA256()
        for length in 0..<130 { hash.update(SHA256.hash(repeatElement(0x61, count: length)).bytes) }
        #expect(hash.finalize().hex == "39a48225ae6069c68f7c9f867bf47f4a2e188c3903dd919926b8259a73ecada5")
    }
}

@Suite("A SHA-256 digest")
struct SHA256DigestTests {
    @Test func `is read from its own text and bytes`() throws {
        let digest = SHA256.hash("abc".utf8)
        #expect(SHA256Digest(hex: digest.hex) == digest)
        #expect(SHA256Digest(bytes: digest.bytes) == digest)
    }

    @Test(arguments: [
        "", "ba7816bf", String(repeating: "A", count: 64), String(repeating: "g", count: 64),
        String(repeating: "0", count: 65),
    ])
    func `is not read from anything but 64 lower-case digits`(text: String) {
        #expect(SHA256Digest(hex: text) == nil)
    }
}
