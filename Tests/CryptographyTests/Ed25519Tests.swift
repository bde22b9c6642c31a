import Testing

import Cryptography

@Suite("Ed25519")
struct Ed25519Tests {
    struct Vector: Sendable {
        let seed: String
        let key: String
        let message: String
        let signature: String
    }

    /// RFC 8032, section 7.1: TEST 1, TEST 2, TEST 3 and TEST SHA(abc).
    static let vectors = [
        Vector(
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            message: "",
            signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        Vector(
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            message: "72",
            signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        Vector(
            seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            message: "af82",
            signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
        Vector(
            seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            key: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            message: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            signature: "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
                + "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"),
    ]

    @Test("makes the keys and signatures of RFC 8032", arguments: vectors)
    func makesTheKeysAndSignaturesOfRFC8032(vector: Vector) throws {
        let key = try #require(Ed25519.PrivateKey(seed: bytes(vector.seed)))
        #expect(hexadecimal(key.publicKey.bytes) == vector.key)
        let signature = key.signature(for: bytes(vector.message))
        #expect(hexadecimal(signature) == vector.signature)
        let publicKey = try #require(Ed25519.PublicKey(bytes: bytes(vector.key)))
        #expect(publicKey.isValidSignature(signature, for: bytes(vector.message)))
    }

    @Test("accepts what it signs and nothing that differs in a bit")
    func acceptsWhatItSignsAndNothingThatDiffersInABit() throws {
        let key = Ed25519.PrivateKey.random()
        let message = Array("a message".utf8)
        let signature = key.signature(for: message)
        #expect(key.publicKey.isValidSignature(signature, for: message))
        #expect(!key.publicKey.isValidSignature(signature, for: message + [0]))
        #expect(!Ed25519.PrivateKey.random().publicKey.isValidSignature(signature, for: message))
        for bit in stride(from: 0, to: 512, by: 37) {
            var changed = signature
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!key.publicKey.isValidSignature(changed, for: message), "bit \(bit)")
        }
        #expect(!key.publicKey.isValidSignature(Array(signature.dropLast()), for: message))
    }

    @Test("refuses a signature whose number is not the least") func refusesASignatureWhoseNumberIsNotTheLeast() throws {
        let vector = Self.vectors[0]
        let key = try #require(Ed25519.PublicKey(bytes: bytes(vector.key)))
        var signature = bytes(vector.signature)
        // Adding the group's order makes the other number that fulfils the equation.
        let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        var carry = 0
        for index in 0..<32 {
            let sum = Int(signature[32 + index]) + Int(order[index]) + carry
            signature[32 + index] = UInt8(sum & 0xFF)
            carry = sum >> 8
        }
        #expect(!key.isValidSignature(signature, for: []))
    }

    /// The encodings of points of order 1, 2, 4 and 8, and what encodes no point, or not in the one way.
    @Test(
        "refuses keys of small order and those that are not written in the one way",
        arguments: [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            // The neutral element with a sign, and with p added.
            "0100000000000000000000000000000000000000000000000000000000000080",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            // No x belongs to this y.
            "0200000000000000000000000000000000000000000000000000000000000000",
            "00",
        ])
    func refusesKeysOfSmallOrderAndThoseThatAreNotWrittenInTheOneWay(encoding: String) {
        #expect(Ed25519.PublicKey(bytes: bytes(encoding)) == nil)
    }
}
