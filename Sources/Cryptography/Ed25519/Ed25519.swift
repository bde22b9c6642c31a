/// Signatures by Ed25519 (RFC 8032, section 5.1).
package enum Ed25519 {
    /// What makes signatures. Signing takes the same course for every key and message of the same length.
    package struct PrivateKey: Sendable {
        /// The 32 random bytes that all else is derived from.
        package let seed: [UInt8]
        package let publicKey: PublicKey
        private let scalar: Scalar
        private let prefix: [UInt8]

        /// Derives a key from its seed; `nil` unless that is 32 bytes.
        package init?(seed: [UInt8]) {
            guard seed.count == 32 else { return nil }
            self.seed = seed
            var hash = SHA512.hash(seed)
            prefix = Array(hash[32...])
            hash[0] &= 0xF8
            hash[31] = hash[31] & 0x7F | 0x40
            scalar = Scalar(unreduced: Array(hash[..<32]))
            let point = EdwardsPoint.baseTimes(scalar)
            publicKey = PublicKey(bytes: point.encoding, point: point)
        }

        /// Makes a new key with the system's random numbers.
        package static func random() -> PrivateKey {
            var generator = SystemRandomNumberGenerator()
            return PrivateKey(seed: (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })!
        }

        /// The signature of a message, 64 bytes.
        package func signature(for message: [UInt8]) -> [UInt8] {
            let nonce = Scalar(reducing: SHA512.hash(prefix, message))
            let commitment = EdwardsPoint.baseTimes(nonce).encoding
            let challenge = Scalar(reducing: SHA512.hash(commitment, publicKey.bytes, message))
            return commitment + Scalar.multiplyAdd(challenge, scalar, nonce).bytes
        }
    }

    /// What checks signatures.
    package struct PublicKey: Sendable, Hashable {
        /// The key as it is written, 32 bytes.
        package let bytes: [UInt8]
        private let point: EdwardsPoint

        /// Reads a key. `nil` unless `bytes` is the one encoding of a point on the curve whose order is not small: by a
        /// key of small order, one signature holds for many messages.
        package init?(bytes: [UInt8]) {
            guard let point = EdwardsPoint(encoding: bytes[...]), !point.hasSmallOrder else { return nil }
            self.init(bytes: bytes, point: point)
        }

        fileprivate init(bytes: [UInt8], point: EdwardsPoint) {
            self.bytes = bytes
            self.point = point
        }

        /// Whether `signature` is this key's for `message`.
        ///
        /// Strict: the signature's second half has to be below the group's order, its first the one encoding of a point
        /// whose order is not small, and the equation holds without the cofactor. So no one can turn a signature
        /// into another that holds as well.
        package func isValidSignature(_ signature: [UInt8], for message: [UInt8]) -> Bool {
            guard signature.count == 64,
                let response = Scalar(canonical: Array(signature[32...])),
                let commitment = EdwardsPoint(encoding: signature[..<32]), !commitment.hasSmallOrder
            else { return false }
            let encoding = Array(signature[..<32])
            let challenge = Scalar(reducing: SHA512.hash(encoding, bytes, message))
            return EdwardsPoint.baseTimes(response, plus: challenge, times: -point).encoding == encoding
        }

        package static func == (left: PublicKey, right: PublicKey) -> Bool { left.bytes == right.bytes }

        package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
    }
}
