/// A 128-bit vector, lanes in little-endian order.
public struct V128: Hashable, Sendable {
    /// Bytes 0…7.
    public var low: UInt64
    /// Bytes 8…15.
    public var high: UInt64

    /// Makes a vector of its two halves.
    public init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// The sixteen bytes, the lowest first.
    public var bytes: [UInt8] {
        (0..<16).map { index in
            UInt8(truncatingIfNeeded: (index < 8 ? low : high) >> UInt64((index & 7) * 8))
        }
    }
}
