import WebAssembly

/// How a function's frame begins: parameters and, in the same slots, results; then the header, of two slots: the
/// caller's next instruction and the caller's frame. Locals and operands follow.
struct FrameShape: Hashable, Sendable {
    let parameterSlotCount: Int
    let resultSlotCount: Int

    /// The header's first slot.
    var header: Int { max(parameterSlotCount, resultSlotCount) }

    static let headerSlotCount = 2

    init(_ type: FunctionType) {
        parameterSlotCount = type.parameters.reduce(0) { $0 + $1.slotCount }
        resultSlotCount = type.results.reduce(0) { $0 + $1.slotCount }
    }
}

extension ValueType {
    /// The number of registers a value takes.
    @inline(__always)
    var slotCount: Int { self == .v128 ? 2 : 1 }
}
