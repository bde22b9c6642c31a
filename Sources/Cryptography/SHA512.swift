/// The SHA-512 hash function (FIPS 180-4), fed in pieces of any size.
package struct SHA512: Sendable {
    private var state = SHA512State()
    /// Bytes that do not yet fill a block of 128.
    private var pending: [UInt8] = []
    private var byteCount: UInt64 = 0

    package init() {
        pending.reserveCapacity(128)
    }

    /// Adds bytes to the message.
    package mutating func update(_ bytes: some Collection<UInt8>) {
        byteCount &+= UInt64(bytes.count)
        var rest = bytes[...]
        if !pending.isEmpty {
            let taken = rest.prefix(128 - pending.count)
            pending.append(contentsOf: taken)
            rest = rest.dropFirst(taken.count)
            guard pending.count == 128 else { return }
            pending.withUnsafeBytes { state.compress($0.baseAddress!, blockCount: 1) }
            pending.removeAll(keepingCapacity: true)
        }
        let whole = rest.count / 128 * 128
        if whole > 0 {
            let blocks = Array(rest.prefix(whole))
            blocks.withUnsafeBytes { state.compress($0.baseAddress!, blockCount: whole / 128) }
        }
        pending.append(contentsOf: rest.dropFirst(whole))
    }

    /// The 64 bytes of the digest of all bytes so far. More may be added afterwards.
    package func finalize() -> [UInt8] {
        var copy = self
        // A one bit, zeros up to 16 bytes before a block's end, and the message's length in bits, big-endian; its upper
        // half is never needed, but for the three bits that counting bits instead of bytes takes.
        let padding = (pending.count < 112 ? 112 : 240) - pending.count
        var tail = [UInt8](repeating: 0, count: padding + 7)
        tail[0] = 0x80
        tail.append(UInt8(truncatingIfNeeded: byteCount >> 61))
        for shift in stride(from: 56, through: 0, by: -8) {
            tail.append(UInt8(truncatingIfNeeded: (byteCount << 3) >> UInt64(shift)))
        }
        copy.update(tail)
        return (0..<64).map { UInt8(truncatingIfNeeded: copy.state.words[$0 / 8] >> UInt64(56 - $0 % 8 * 8)) }
    }

    /// The digest of the pieces of a message, one after the other.
    package static func hash(_ pieces: [UInt8]...) -> [UInt8] {
        var hash = SHA512()
        for piece in pieces { hash.update(piece) }
        return hash.finalize()
    }
}
