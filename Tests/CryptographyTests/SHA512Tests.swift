import Testing

import Cryptography

@Suite("SHA-512")
struct SHA512Tests {
    /// The examples of FIPS 180-4's companion document, by message.
    @Test(
        "has the published digests",
        arguments: [
            (
                "",
                "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
                    + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
            ),
            (
                "abc",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                    + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
            ),
        ])
    func hasThePublishedDigests(message: String, digest: String) {
        #expect(hexadecimal(SHA512.hash(Array(message.utf8))) == digest)
    }

    @Test("pads messages of every length around a block's end") func padsMessagesOfEveryLengthAroundABlocksEnd() {
        // The digest of the digests of "", "a", "aa"…, 260 of them; made with Python's hashlib.
        var hash = SHA512()
        for length in 0..<260 { hash.update(SHA512.hash([UInt8](repeating: 0x61, count: length))) }
        #expect(
            hexadecimal(hash.finalize())
                == "f1ca8427c888b94d32191414922ccc597c73e8f20f7ef91b870d3964ad46ce21"
                + "981d45b8620e4df39e852124b7fceef6b054345759e41f15b262d76c40330bdc")
    }

    @Test("does not depend on how the message is cut") func doesNotDependOnHowTheMessageIsCut() {
        let message = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for length in [1, 3, 111, 112, 127, 128, 129, 999] {
            var hash = SHA512()
            for start in stride(from: 0, to: message.count, by: length) {
                hash.update(message[start..<min(start + length, message.count)])
            }
            #expect(hash.finalize() == SHA512.hash(message), "in pieces of \(length)")
        }
    }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits: [Int] = hexadecimal.compactMap(\.hexDigitValue)
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
        bytes.append(UInt8(digits[index] * 16 + digits[index + 1]))
    }
    return bytes
}
