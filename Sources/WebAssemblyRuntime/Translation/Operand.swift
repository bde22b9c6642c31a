import WebAssembly

/// An entry of the operand stack during translation: where its value is when the code so far has been executed.
struct Operand {
    enum Place {
        /// In its home: the slot that belongs to its position on the stack.
        case home
        /// In the slot of a local, which was read but not copied.
        case local(Int)
        /// Nowhere yet. Vectors are never constants.
        case constant(UInt64)
    }

    var place: Place
    var type: ValueType
    /// The slot that belongs to the position on the stack.
    let home: Int

    /// The slot the value is in, unless it is a constant.
    var slot: Int? {
        switch place {
        case .home: home
        case .local(let slot): slot
        case .constant: nil
        }
    }

    var constant: UInt64? {
        if case .constant(let bits) = place { bits } else { nil }
    }

    /// The slot after those of this operand.
    var nextHome: Int { home + type.slotCount }
}

/// An operand of an instruction.
enum Source {
    case slot(Int)
    case immediate(UInt64)

    var slot: Int? {
        if case .slot(let slot) = self { slot } else { nil }
    }
}

/// Where an instruction leaves a copy of its result.
enum Effect {
    case none
    case accumulator
    case float

    /// What regular handlers do for a result of a type.
    init(result type: ValueType) {
        self =
            switch type {
            case .f64: .float
            case .f32, .v128: .none
            default: .accumulator
            }
    }
}
