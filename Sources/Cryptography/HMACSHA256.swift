/// The keyed hash of a message by SHA-256 (HMAC: RFC 2104, FIPS 198-1).
package enum HMACSHA256 {
    /// The 32 bytes by which who has the key knows that the message is of somebody who has it.
    ///
    /// - Parameter key: Of any length; 32 bytes are as strong as it gets.
    package static func code(of message: some Sequence<UInt8>, key: [UInt8]) -> [UInt8] {
        // Section 2: a key that is longer than a block is hashed; a shorter one ends in zeros.
        var block = key.count > blockSize ? SHA256.hash(key).bytes : key
        block += [UInt8](repeating: 0, count: blockSize - block.count)
        var inner = SHA256()
        inner.update(block.map { $0 ^ 0x36 })
        inner.update(message)
        var outer = SHA256()
        outer.update(block.map { $0 ^ 0x5C })
        outer.update(inner.finalize().bytes)
        return outer.finalize().bytes
    }

    private static let blockSize = 64
}
