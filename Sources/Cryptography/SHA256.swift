/// The SHA-256 hash function (FIPS 180-4), fed in chunks of any size.
package struct SHA256: Sendable {
    private var state: SHA256State
    /// Bytes that do not yet fill a block of 64; the first `byteCount % 64` count.
    private var pending = SIMD64<UInt8>()
    private var byteCount: UInt64 = 0
    private let implementation: Implementation

    /// - Parameter implementation: How to do it; tests and benchmarks compare them. It has to be available.
    package init(by implementation: Implementation = .fastest) {
        state = SHA256State()
        self.implementation = implementation
    }

    /// Adds bytes to the message.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard var source = bytes.baseAddress, !bytes.isEmpty else { return }
        var remaining = bytes.count
        let filled = Int(byteCount % 64)
        byteCount &+= UInt64(remaining)
        if filled > 0 {
            let taken = min(64 - filled, remaining)
            withUnsafeMutableBytes(of: &pending) { pending in
                pending.baseAddress!.advanced(by: filled).copyMemory(from: source, byteCount: taken)
            }
            source += taken
            remaining -= taken
            guard filled + taken == 64 else { return }
            withUnsafeBytes(of: &pending) { state.compress($0.baseAddress!, blockCount: 1, by: implementation) }
        }
        let blockCount = remaining / 64
        state.compress(source, blockCount: blockCount, by: implementation)
        source += blockCount * 64
        remaining -= blockCount * 64
        withUnsafeMutableBytes(of: &pending) { $0.baseAddress!.copyMemory(from: source, byteCount: remaining) }
    }

    /// Adds bytes to the message.
    package mutating func update(_ bytes: some Sequence<UInt8>) {
        let isDone: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
        if isDone == nil {
            Array(bytes).withUnsafeBytes { update($0) }
        }
    }

    /// The digest of all bytes so far. More may be added afterwards.
    package func finalize() -> SHA256Digest {
        var copy = self
        let bitCount = byteCount &* 8
        // A one bit, zeros up to eight bytes before a block's end, and the message's length in bits, big-endian.
        let filled = Int(byteCount % 64)
        let padding = (filled < 56 ? 56 : 120) - filled
        withUnsafeTemporaryAllocation(byteCount: padding + 8, alignment: 8) { tail in
            tail.initializeMemory(as: UInt8.self, repeating: 0)
            tail[0] = 0x80
            tail.storeBytes(of: bitCount.bigEndian, toByteOffset: padding, as: UInt64.self)
            copy.update(UnsafeRawBufferPointer(tail))
        }
        return SHA256Digest(words: copy.state.words)
    }

    /// The digest of `bytes`.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> SHA256Digest {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalize()
    }

    /// The digest of `bytes`.
    package static func hash(_ bytes: some Sequence<UInt8>) -> SHA256Digest {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalize()
    }
}
