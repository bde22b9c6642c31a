import Testing

import Cryptography
import TestSupport

@Suite("SHA-256")
struct SHA256Tests {
    /// All that this processor has: a machine without the instructions tests the arithmetic only.
    private static let implementations = SHA256.Implementation.allCases.filter(\.isAvailable)

    private func hash(_ message: some Sequence<UInt8>, by implementation: SHA256.Implementation) -> SHA256Digest {
        var hash = SHA256(by: implementation)
        hash.update(message)
        return hash.finalize()
    }

    /// The examples of FIPS 180-4 and of its companion document.
    @Test("The published messages have the published digests", arguments: implementations)
    func published(implementation: SHA256.Implementation) {
        let digests = [
            "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq":
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            String(repeating: "a", count: 1_000_000):
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
        ]
        for (message, digest) in digests { #expect(hash(message.utf8, by: implementation).hex == digest) }
    }

    @Test("The fastest implementation is the processor's instructions where it has them")
    func fastest() {
        #expect(SHA256.Implementation.plain.isAvailable)
        let expected: SHA256.Implementation = SHA256.Implementation.instructions.isAvailable ? .instructions : .plain
        #expect(SHA256.Implementation.fastest == expected)
        #expect(SHA256.hash("abc".utf8) == hash("abc".utf8, by: .plain))
    }

    @Test("All implementations agree on messages of 0 to 300 bytes", arguments: implementations)
    func agreement(implementation: SHA256.Implementation) {
        var generator = SeededGenerator()
        for length in 0...300 {
            let message = generator.bytes(length)
            #expect(hash(message, by: implementation) == hash(message, by: .plain), "\(length) bytes")
        }
    }

    @Test("The digest does not depend on how the message is cut, nor where it lies", arguments: implementations)
    func chunks(implementation: SHA256.Implementation) {
        var generator = SeededGenerator()
        for _ in 0..<200 {
            let message = generator.bytes(.random(in: 0...2_000, using: &generator))
            var chunked = SHA256(by: implementation)
            var rest = message[...]
            while !rest.isEmpty {
                let chunk = rest.prefix(.random(in: 0...200, using: &generator))
                chunked.update(chunk)
                rest = rest.dropFirst(chunk.count)
            }
            #expect(chunked.finalize() == hash(message, by: .plain))
        }
    }

    @Test("Chunks of each length around a block give one digest", arguments: implementations)
    func evenChunks(implementation: SHA256.Implementation) {
        let message = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let whole = hash(message, by: .plain)
        for length in [1, 3, 55, 56, 63, 64, 65, 127, 128, 129, 999] {
            var hash = SHA256(by: implementation)
            var rest = message[...]
            while !rest.isEmpty {
                hash.update(rest.prefix(length))
                rest = rest.dropFirst(length)
            }
            #expect(hash.finalize() == whole, "in chunks of \(length)")
        }
    }

    @Test("More may be added after a digest was taken", arguments: implementations)
    func digestInBetween(implementation: SHA256.Implementation) {
        var hash = SHA256(by: implementation)
        hash.update("ab".utf8)
        _ = hash.finalize()
        hash.update("c".utf8)
        #expect(hash.finalize() == SHA256.hash("abc".utf8))
    }

    @Test("Messages of every length around a block's end are padded", arguments: implementations)
    func padding(implementation: SHA256.Implementation) {
        // The digest of the digests of "", "a", "aa"…, 130 of them; made with Python's hashlib.
        var digests = SHA256(by: implementation)
        for length in 0..<130 {
            digests.update(hash(repeatElement(0x61, count: length), by: implementation).bytes)
        }
        #expect(digests.finalize().hex == "39a48225ae6069c68f7c9f867bf47f4a2e188c3903dd919926b8259a73ecada5")
    }
}

@Suite("A SHA-256 digest")
struct SHA256DigestTests {
    @Test("is read from its own text and bytes") func isReadFromItsOwnTextAndBytes() throws {
        let digest = SHA256.hash("abc".utf8)
        #expect(SHA256Digest(hex: digest.hex) == digest)
        #expect(SHA256Digest(bytes: digest.bytes) == digest)
    }

    @Test(
        "is not read from anything but 64 lower-case digits",
        arguments: [
            "", "ba7816bf", String(repeating: "A", count: 64), String(repeating: "g", count: 64),
            String(repeating: "0", count: 65),
        ])
    func isNotReadFromAnythingBut64LowerCaseDigits(text: String) {
        #expect(SHA256Digest(hex: text) == nil)
    }
}
