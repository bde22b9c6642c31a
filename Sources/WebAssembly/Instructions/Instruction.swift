/// What is known of an instruction independently of where it stands: its name, encoding, immediates and, where neither
/// depends on types of the module, its operands and result.
package struct Instruction: Sendable {
    package let opcode: Opcode

    /// The name in the text format. `select` and the two forms each of `ref.test` and `ref.cast` share theirs.
    package let mnemonic: String

    /// What follows the opcode in the binary format.
    package let immediate: ImmediateKind

    /// Operands and result, or `nil` where they depend on the immediates or on the types of the operands.
    package let signature: Signature?

    /// For an instruction with a memory argument: the base-2 logarithm of the number of bytes accessed.
    package let naturalAlignment: UInt8

    init(
        _ opcode: Opcode, _ mnemonic: String, _ immediate: ImmediateKind = .none, _ signature: Signature? = nil,
        naturalAlignment: UInt8 = 0
    ) {
        self.opcode = opcode
        self.mnemonic = mnemonic
        self.immediate = immediate
        self.signature = signature
        self.naturalAlignment = naturalAlignment
    }

    init(_ opcode: Opcode, _ mnemonic: String, _ signature: Signature) {
        self.init(opcode, mnemonic, .none, signature)
    }

    /// An access of 2 to the power of `exponent` bytes.
    static func access(
        _ opcode: Opcode, _ mnemonic: String, _ signature: Signature, exponent: UInt8
    ) -> Instruction {
        Instruction(opcode, mnemonic, .memoryArgument, signature, naturalAlignment: exponent)
    }

    /// An access of 2 to the power of `exponent` bytes for one lane of a vector.
    static func laneAccess(
        _ opcode: Opcode, _ mnemonic: String, _ signature: Signature, exponent: UInt8
    ) -> Instruction {
        Instruction(opcode, mnemonic, .memoryArgumentLane, signature, naturalAlignment: exponent)
    }
}

/// The immediates of an instruction, in the order in which the binary format has them.
///
/// Indices, counts and labels are unsigned LEB128 numbers of 32 bits unless said otherwise.
package enum ImmediateKind: UInt8, Sendable {
    case none

    /// A block type: 0x40, a value type, or a type index as a signed LEB128 number of 33 bits.
    case blockType
    /// A label: how many enclosing blocks out.
    case label
    /// A vector of labels, then the default label.
    case labelTable
    case function
    /// A type index, then a table index.
    case callIndirect
    case type
    case tag
    case local
    case global
    case table
    case memory
    case data
    case element
    /// A data index, then a memory index.
    case dataMemory
    /// The destination's memory index, then the source's.
    case memoryMemory
    /// An element segment's index, then a table index.
    case elementTable
    /// The destination's table index, then the source's.
    case tableTable
    /// The alignment's exponent, whose bit 6 says that a memory index follows; then the offset (64 bits).
    case memoryArgument
    /// A memory argument, then a lane's index in one byte.
    case memoryArgumentLane
    /// A lane's index in one byte.
    case lane
    /// Sixteen lane indices, one byte each.
    case shuffle
    /// A signed LEB128 number of 32 bits.
    case i32
    /// A signed LEB128 number of 64 bits.
    case i64
    /// Four bytes, little-endian.
    case f32
    /// Eight bytes, little-endian.
    case f64
    /// Sixteen bytes, little-endian.
    case v128
    /// A heap type.
    case heapType
    /// A vector of value types; exactly one is valid.
    case selectTypes
    /// A type index, then a field's index.
    case typeField
    /// A type index, then a number of elements.
    case typeLength
    /// A type index, then a data index.
    case typeData
    /// A type index, then an element segment's index.
    case typeElement
    /// The destination's type index, then the source's.
    case typeType
    /// One byte of flags (bit 0: the source may be null, bit 1: the target may be null), a label, then the source's
    /// and the target's heap types.
    case castBranch
    /// A block type, then a vector of catch clauses; see ``CatchKind``.
    case tryTable
    /// One byte, zero.
    case fence
}

/// The kind of a clause of `try_table`, as the binary format encodes it.
///
/// ``one`` and ``oneWithReference`` are followed by a tag index; all are followed by a label.
package enum CatchKind: UInt8, Sendable {
    /// `catch`: the values of the exception.
    case one = 0
    /// `catch_ref`: the values of the exception, and the exception itself.
    case oneWithReference = 1
    /// `catch_all`: any exception, nothing of it.
    case all = 2
    /// `catch_all_ref`: any exception, itself.
    case allWithReference = 3

    /// Whether a tag index follows.
    package var hasTag: Bool { self == .one || self == .oneWithReference }

    /// Whether the exception itself is passed to the label.
    package var passesReference: Bool { self == .oneWithReference || self == .allWithReference }
}

/// The operands and the result of an instruction that has at most three and at most one of them.
package struct Signature: Hashable, Sendable {
    /// The type of an operand or of the result.
    package enum Slot: UInt8, Sendable {
        case none, i32, i64, f32, f64, v128
        /// The address type of the memory that the instruction accesses: `i32` or `i64`.
        case address
    }

    /// The operands, the last one topmost on the stack; unused places at the end are ``Slot/none``.
    package let first, second, third: Slot

    /// ``Slot/none`` where nothing is left on the stack.
    package let result: Slot

    package var operandCount: Int {
        first == .none ? 0 : second == .none ? 1 : third == .none ? 2 : 3
    }

    init(_ first: Slot = .none, _ second: Slot = .none, _ third: Slot = .none, to result: Slot = .none) {
        self.first = first
        self.second = second
        self.third = third
        self.result = result
    }
}
