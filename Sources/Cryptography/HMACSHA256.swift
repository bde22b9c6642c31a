/// Codes by which who shares a key sees that a message is another's who has it (HMAC, RFC 2104, with SHA-256).
package enum HMACSHA256 {
    /// The code of a message.
    /// - Parameter key: Of any length; what is longer than 64 bytes stands for its digest.
    package static func code(of message: some Sequence<UInt8>, key: some Collection<UInt8>) -> SHA256Digest {
        var block = key.count > 64 ? SHA256.hash(key).bytes : Array(key)
        block += [UInt8](repeating: 0, count: 64 - block.count)
        var inner = SHA256()
        inner.update(block.map { $0 ^ 0x36 })
        inner.update(message)
        var outer = SHA256()
        outer.update(block.map { $0 ^ 0x5C })
        outer.update(inner.finalize().bytes)
        return outer.finalize()
    }
}
