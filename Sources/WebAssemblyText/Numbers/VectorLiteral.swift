/// How a vector of 128 bits is divided into lanes.
package enum VectorShape: Hashable, Sendable {
    case i8x16, i16x8, i32x4, i64x2, f32x4, f64x2

    init?(_ keyword: Keyword?) {
        switch keyword {
        case .i8x16: self = .i8x16
        case .i16x8: self = .i16x8
        case .i32x4: self = .i32x4
        case .i64x2: self = .i64x2
        case .f32x4: self = .f32x4
        case .f64x2: self = .f64x2
        default: return nil
        }
    }

    package var laneCount: Int {
        switch self {
        case .i8x16: 16
        case .i16x8: 8
        case .i32x4, .f32x4: 4
        case .i64x2, .f64x2: 2
        }
    }

    package var laneBitWidth: Int { 128 / laneCount }

    var floatFormat: FloatFormat? {
        switch self {
        case .f32x4: .binary32
        case .f64x2: .binary64
        default: nil
        }
    }
}

/// A vector of 128 bits.
package struct VectorLiteral: Hashable, Sendable {
    /// The lower lanes.
    package var low: UInt64
    package var high: UInt64

    init(_ lanes: [UInt64], _ shape: VectorShape) {
        low = 0
        high = 0
        let half = shape.laneCount / 2
        for (index, lane) in lanes.enumerated() {
            let shift = UInt64(index % half * shape.laneBitWidth)
            if index < half { low |= lane << shift } else { high |= lane << shift }
        }
    }

    /// Reads `shape lane*`.
    static func read(_ reader: inout TokenReader) throws(SyntaxError) -> VectorLiteral {
        let offset = reader.offset
        let shape = try readShape(&reader)
        try requireLanes(shape, reader, at: offset)
        var lanes: [UInt64] = []
        for _ in 0..<shape.laneCount { lanes.append(try readLane(shape, &reader)) }
        return VectorLiteral(lanes, shape)
    }

    static func readShape(_ reader: inout TokenReader) throws(SyntaxError) -> VectorShape {
        guard let shape = VectorShape(reader.keyword(at: reader.position)) else {
            throw reader.unexpected("the shape of a vector")
        }
        reader.advance()
        return shape
    }

    static func readLane(_ shape: VectorShape, _ reader: inout TokenReader) throws(SyntaxError) -> UInt64 {
        if let format = shape.floatFormat { return try reader.readFloat(format) }
        return try reader.readInteger(bitWidth: shape.laneBitWidth)
    }

    /// Checks that exactly as many literals come next as the shape has lanes.
    private static func requireLanes(_ shape: VectorShape, _ reader: TokenReader, at offset: UInt32) throws(SyntaxError)
    {
        var count = 0
        while reader.isAtLiteral(at: reader.position + count) { count += 1 }
        if count < shape.laneCount, reader.isMeaningless(at: reader.position + count) {
            throw reader.unexpected("a number", at: reader.position + count)
        }
        guard count == shape.laneCount else {
            throw SyntaxError(
                at: offset, "wrong number of lane literals: \(count) in place of \(shape.laneCount)")
        }
    }
}
