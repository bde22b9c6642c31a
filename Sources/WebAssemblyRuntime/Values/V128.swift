/// A 128-bit vector, lanes in little-endian order.
package struct V128: Hashable, Sendable {
    /// Bytes 0…7.
    package var low: UInt64
    /// Bytes 8…15.
    package var high: UInt64

    /// Makes a vector of its two halves.
    package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// The sixteen bytes, the lowest first.
    package var bytes: [UInt8] {
        (0..<16).map { index in
            UInt8(truncatingIfNeeded: (index < 8 ? low : high) >> UInt64((index & 7) * 8))
        }
    }
}
