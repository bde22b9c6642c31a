// The stacks of operands and of control frames.

extension FunctionValidator {
    @inline(__always)
    mutating func push(_ type: UInt32) {
        operands.push(type)
        if operands.count > maximumHeight { maximumHeight = operands.count }
    }

    mutating func push(_ types: TypeList) throws(DecodingFailure) {
        for index in 0..<types.count { operands.push(types[index]) }
        if operands.count > maximumHeight {
            maximumHeight = operands.count
            guard maximumHeight <= FunctionValidator.maximumStackHeight else {
                throw .unsupported(
                    "more than \(FunctionValidator.maximumStackHeight) operands on the stack", at: instructionStart)
            }
        }
    }

    /// Takes an operand of the given type off the stack.
    @inline(__always)
    mutating func pop(_ expected: UInt32) throws(DecodingFailure) {
        let top = operands.count - 1
        if top >= frameHeight && operands[top] == expected {
            operands.shrink(to: top)
        } else {
            try popOther(expected)
        }
    }

    /// As ``pop(_:)``, where the type is not the very same.
    @inline(never)
    private mutating func popOther(_ expected: UInt32) throws(DecodingFailure) {
        guard let type = try popAny(or: expected) else { return }
        guard ValueType(rawValue: type).isSubtype(of: ValueType(rawValue: expected)) else {
            throw mismatch(requires: expected, has: type)
        }
    }

    mutating func pop(_ types: TypeList) throws(DecodingFailure) {
        var index = types.count - 1
        while index >= 0 {
            try pop(types[index])
            index -= 1
        }
    }

    /// Takes any operand off the stack; `nil` if it is one that unreachable code leaves open.
    ///
    /// - Parameter expected: What an error says is required, or `nil` for a value of any type.
    mutating func popAny(or expected: UInt32? = nil) throws(DecodingFailure) -> UInt32? {
        let top = operands.count - 1
        guard top >= frameHeight else {
            guard frames[frames.count - 1].isUnreachable else { throw mismatch(requires: expected, has: nil) }
            return nil
        }
        let type = operands[top]
        operands.shrink(to: top)
        return type == 0 ? nil : type
    }

    /// Takes a reference off the stack. Where unreachable code leaves it open it is of the type below all others.
    mutating func popReference() throws(DecodingFailure) -> ReferenceType {
        guard let type = try popAny() else { return ReferenceType(rawValue: ReferenceType.marker) }
        guard type & ReferenceType.marker != 0 else {
            let found = ValueType(rawValue: type)
            throw invalid("type mismatch: instruction requires a reference but stack has [\(found)]")
        }
        return ReferenceType(rawValue: type)
    }

    /// Compares the topmost operands with `types` and leaves them there.
    func check(_ types: TypeList) throws(DecodingFailure) {
        let isUnreachable = frames[frames.count - 1].isUnreachable
        for index in 0..<types.count {
            let place = operands.count - types.count + index
            guard place >= frameHeight else {
                guard isUnreachable else { throw mismatch(requires: types) }
                continue
            }
            let type = operands[place]
            guard type == types[index] || ValueType(rawValue: type).isSubtype(of: ValueType(rawValue: types[index]))
            else { throw mismatch(requires: types) }
        }
    }

    @inline(never)
    private func mismatch(requires expected: UInt32?, has type: UInt32?) -> DecodingFailure {
        let requirement = expected.map { "[\(ValueType(rawValue: $0))]" } ?? "an operand"
        let operand = type.map { ValueType(rawValue: $0).description } ?? ""
        return invalid("type mismatch: instruction requires \(requirement) but stack has [\(operand)]")
    }

    @inline(never)
    func mismatch(requires types: TypeList, by what: String = "instruction") -> DecodingFailure {
        invalid("type mismatch: \(what) requires \(types) but stack has \(blockOperands)")
    }

    /// The operands of the innermost block, for messages.
    private var blockOperands: String {
        let shown = max(frameHeight, operands.count - 16)
        let types = (shown..<operands.count).map { ValueType(rawValue: operands[$0]).description }
        return "[\(shown > frameHeight ? "... " : "")\(types.joined(separator: " "))]"
    }

    /// Enters a block whose parameters are on the stack no more.
    mutating func pushFrame(_ kind: ControlFrame.Kind, _ type: BlockType) throws(DecodingFailure) {
        guard frames.count < FunctionValidator.maximumNesting else {
            throw .unsupported(
                "more than \(FunctionValidator.maximumNesting) blocks in each other", at: instructionStart)
        }
        frameHeight = operands.count
        frames.push(
            ControlFrame(
                kind: kind, isUnreachable: false, height: UInt32(frameHeight), setLocalCount: UInt32(setLocals.count),
                type: type))
        try push(type.parameters(tables))
    }

    /// Leaves the innermost block, whose results must be on the stack, which they are no more.
    @discardableResult
    mutating func popFrame() throws(DecodingFailure) -> ControlFrame {
        let frame = frames[frames.count - 1]
        let results = frame.type.results(tables)
        if operands.count - frameHeight > results.count { throw mismatch(requires: results, by: "block") }
        try pop(results)
        if hasLocalsWithoutDefault { forgetLocals(setSince: Int(frame.setLocalCount)) }
        frames.shrink(to: frames.count - 1)
        frameHeight = frames.count == 0 ? 0 : Int(frames[frames.count - 1].height)
        return frame
    }

    private mutating func forgetLocals(setSince count: Int) {
        for index in count..<setLocals.count { isSet[Int(setLocals[index])] = false }
        setLocals.shrink(to: count)
    }

    /// Says that what follows in the block cannot be reached.
    mutating func setUnreachable() {
        operands.shrink(to: frameHeight)
        frames[frames.count - 1].isUnreachable = true
    }

    mutating func readLabel() throws(DecodingFailure) -> ControlFrame {
        let label = Int(try reader.readU32())
        guard label < frames.count else { throw invalid("unknown label \(label)") }
        return frames[frames.count - 1 - label]
    }

    /// What a branch to a block's label passes.
    func labelTypes(_ frame: ControlFrame) -> TypeList {
        frame.kind == .loop ? frame.type.parameters(tables) : frame.type.results(tables)
    }

    mutating func readBlockType() throws(DecodingFailure) -> BlockType {
        let start = reader.position
        if try reader.peek() == 0x40 {
            try reader.skip(1)
            return .empty
        }
        if let type = try reader.readValueTypeIfPresent(tables) { return BlockType(result: type.rawValue) }
        let index = try reader.readS33()
        guard index >= 0 else { throw .malformed("malformed block type", at: start) }
        guard index < tables.types.count, tables.types[Int(index)].kind == .function else {
            throw invalid("unknown type \(index): there is no such function type")
        }
        return BlockType(functionTypeIndex: UInt32(index))
    }
}
