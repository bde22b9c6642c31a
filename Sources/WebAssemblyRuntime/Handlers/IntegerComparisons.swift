/// Comparisons of integers of 32 bits, for the handlers that compare.
enum Compare32 {
    @inline(__always)
    static func eq(_ a: UInt32, _ b: UInt32) -> Bool { a == b }
    @inline(__always)
    static func ne(_ a: UInt32, _ b: UInt32) -> Bool { a != b }
    @inline(__always)
    static func ltS(_ a: UInt32, _ b: UInt32) -> Bool { Int32(bitPattern: a) < Int32(bitPattern: b) }
    @inline(__always)
    static func ltU(_ a: UInt32, _ b: UInt32) -> Bool { a < b }
    @inline(__always)
    static func gtS(_ a: UInt32, _ b: UInt32) -> Bool { Int32(bitPattern: a) > Int32(bitPattern: b) }
    @inline(__always)
    static func gtU(_ a: UInt32, _ b: UInt32) -> Bool { a > b }
    @inline(__always)
    static func leS(_ a: UInt32, _ b: UInt32) -> Bool { Int32(bitPattern: a) <= Int32(bitPattern: b) }
    @inline(__always)
    static func leU(_ a: UInt32, _ b: UInt32) -> Bool { a <= b }
    @inline(__always)
    static func geS(_ a: UInt32, _ b: UInt32) -> Bool { Int32(bitPattern: a) >= Int32(bitPattern: b) }
    @inline(__always)
    static func geU(_ a: UInt32, _ b: UInt32) -> Bool { a >= b }
}

/// The same of 64 bits.
enum Compare64 {
    @inline(__always)
    static func eq(_ a: UInt64, _ b: UInt64) -> Bool { a == b }
    @inline(__always)
    static func ne(_ a: UInt64, _ b: UInt64) -> Bool { a != b }
    @inline(__always)
    static func ltS(_ a: UInt64, _ b: UInt64) -> Bool { Int64(bitPattern: a) < Int64(bitPattern: b) }
    @inline(__always)
    static func ltU(_ a: UInt64, _ b: UInt64) -> Bool { a < b }
    @inline(__always)
    static func gtS(_ a: UInt64, _ b: UInt64) -> Bool { Int64(bitPattern: a) > Int64(bitPattern: b) }
    @inline(__always)
    static func gtU(_ a: UInt64, _ b: UInt64) -> Bool { a > b }
    @inline(__always)
    static func leS(_ a: UInt64, _ b: UInt64) -> Bool { Int64(bitPattern: a) <= Int64(bitPattern: b) }
    @inline(__always)
    static func leU(_ a: UInt64, _ b: UInt64) -> Bool { a <= b }
    @inline(__always)
    static func geS(_ a: UInt64, _ b: UInt64) -> Bool { Int64(bitPattern: a) >= Int64(bitPattern: b) }
    @inline(__always)
    static func geU(_ a: UInt64, _ b: UInt64) -> Bool { a >= b }
}
