import WebAssembly
import WebAssemblyRuntime
import WebAssemblyText

extension ScriptValue {
    /// The value as the engine has it.
    var value: Value {
        switch self {
        case .i32(let bits): .i32(bits)
        case .i64(let bits): .i64(bits)
        case .f32(let bits): .f32(bits: bits)
        case .f64(let bits): .f64(bits: bits)
        case .v128(let vector): .v128(V128(low: vector.low, high: vector.high))
        case .nullReference: .reference(.null)
        case .externalReference(let number), .hostReference(let number): .reference(.external(number))
        }
    }
}

extension ResultPattern {
    /// Whether a result is what the script expects.
    func matches(_ result: ScriptRunner.TypedValue) -> Bool {
        switch (self, result.value) {
        case (.either(let alternatives), _):
            return alternatives.contains { $0.matches(result) }
        case (.value(let expected), let value):
            return expected.value == value
        case (.f32(let nan), .f32(let bits)):
            return nan.matches(UInt64(bits), quietBit: 1 << 22, infinity: 0x7F80_0000)
        case (.f64(let nan), .f64(let bits)):
            return nan.matches(bits, quietBit: 1 << 51, infinity: 0x7FF0_0000_0000_0000)
        case (.v128(let shape, let lanes), .v128(let vector)):
            return lanes.enumerated().allSatisfy { index, lane in lane.matches(vector.lane(index, shape), shape) }
        case (.nullReference, .reference(let reference)):
            return reference == .null
        case (.reference(let kind), .reference(let reference)):
            return kind.matches(reference, result.type)
        default:
            return false
        }
    }
}

extension ResultPattern.NaNPattern {
    fileprivate func matches(_ bits: UInt64, quietBit: UInt64, infinity: UInt64) -> Bool {
        let payload = bits & (infinity - 1) & ((quietBit << 1) - 1)
        guard bits & infinity == infinity else { return false }
        switch self {
        case .canonical: return payload == quietBit
        case .arithmetic: return payload & quietBit != 0
        }
    }
}

extension ResultPattern.LanePattern {
    fileprivate func matches(_ bits: UInt64, _ shape: VectorShape) -> Bool {
        switch self {
        case .bits(let expected): expected == bits
        case .nan(let nan):
            shape == .f32x4
                ? nan.matches(bits, quietBit: 1 << 22, infinity: 0x7F80_0000)
                : nan.matches(bits, quietBit: 1 << 51, infinity: 0x7FF0_0000_0000_0000)
        }
    }
}

extension ResultPattern.ReferenceKind {
    fileprivate func matches(_ reference: Reference, _ type: ValueType) -> Bool {
        guard reference != .null, let referenceType = type.reference else { return false }
        func isIn(_ top: AbstractHeapType) -> Bool {
            switch referenceType.heapType {
            case .abstract(let heapType): heapType.top == top
            case .concrete(let heapType): (heapType.functionType == nil ? .any : .function) == top
            }
        }
        switch (self, reference) {
        case (.function, .function), (.exception, .exception): return true
        case (.external, _): return isIn(.external)
        case (.any, _): return isIn(.any)
        case (.equatable, .i31), (.equatable, .structure), (.equatable, .array): return isIn(.any)
        case (.i31, .i31), (.structure, .structure), (.array, .array): return isIn(.any)
        default: return false
        }
    }
}

extension V128 {
    fileprivate func lane(_ index: Int, _ shape: VectorShape) -> UInt64 {
        let width = shape.laneBitWidth
        let half = shape.laneCount / 2
        let word = index < half ? low : high
        return word >> UInt64(index % half * width) & (UInt64.max >> UInt64(64 - width))
    }
}
