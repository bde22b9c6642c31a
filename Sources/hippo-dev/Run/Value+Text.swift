import WebAssembly
import WebAssemblyRuntime

extension Value {
    /// Reads a number of the given type: integers signed or unsigned, decimal or `0x…`.
    init?(parsing text: String, as type: ValueType) {
        switch type.kind {
        case .i32:
            guard let number = UInt32(parsingSignedOrUnsigned: text) else { return nil }
            self = .i32(number)
        case .i64:
            guard let number = UInt64(parsingSignedOrUnsigned: text) else { return nil }
            self = .i64(number)
        case .f32:
            guard let number = Float(text) else { return nil }
            self = .f32(bits: number.bitPattern)
        case .f64:
            guard let number = Double(text) else { return nil }
            self = .f64(bits: number.bitPattern)
        case .v128, .reference:
            return nil
        }
    }

    /// The value alone: integers as signed ones, a vector's bits with the last lane first, of a reference only the
    /// kind.
    var plainDescription: String {
        switch self {
        case .i32(let bits): "\(Int32(bitPattern: bits))"
        case .i64(let bits): "\(Int64(bitPattern: bits))"
        case .f32(let bits): "\(Float(bitPattern: bits))"
        case .f64(let bits): "\(Double(bitPattern: bits))"
        case .v128(let vector): "0x" + Self.hexadecimal(vector.high) + Self.hexadecimal(vector.low)
        case .reference(.null): "null"
        case .reference(.function): "function"
        case .reference(.external(let number)): "extern \(number)"
        case .reference(.i31(let number)): "\(number)"
        case .reference(.structure): "structure"
        case .reference(.array): "array"
        case .reference(.exception): "exception"
        }
    }

    private static func hexadecimal(_ bits: UInt64) -> String {
        let digits = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension FixedWidthInteger where Self: UnsignedInteger {
    fileprivate init?(parsingSignedOrUnsigned text: String) {
        let isNegative = text.hasPrefix("-")
        let digits = isNegative ? text.dropFirst() : text[...]
        let isHexadecimal = digits.lowercased().hasPrefix("0x")
        guard let magnitude = Self(isHexadecimal ? digits.dropFirst(2) : digits, radix: isHexadecimal ? 16 : 10) else {
            return nil
        }
        guard isNegative else {
            self = magnitude
            return
        }
        guard magnitude <= Self(1) << (Self.bitWidth - 1) else { return nil }
        self = 0 &- magnitude
    }
}
