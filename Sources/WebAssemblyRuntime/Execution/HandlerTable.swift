import WebAssembly

/// Where the two operands of an instruction come from.
enum OperandForm: Int {
    case slotSlot, slotAccumulator, slotImmediate
    case accumulatorSlot, accumulatorAccumulator, accumulatorImmediate
    case immediateSlot, immediateAccumulator, immediateImmediate

    static let count = 9
}

/// The handlers of regular instructions, found by opcode and form.
///
/// Sendable because nothing writes to the table once it is made.
struct HandlerTable: @unchecked Sendable {
    private let handlers: UnsafeMutablePointer<Handler?>

    /// Instructions that compute a value of two others.
    static let binary: HandlerTable = {
        var table = HandlerTable()
        addI32Binary(to: &table)
        addI64Binary(to: &table)
        addI32Comparisons(to: &table)
        addI64Comparisons(to: &table)
        addF32Binary(to: &table)
        addF64Binary(to: &table)
        return table
    }()

    /// Instructions on 64-bit integers, the second being a constant that needs all its bits.
    static let wideBinary: HandlerTable = {
        var table = HandlerTable()
        addI64WideBinary(to: &table)
        return table
    }()

    /// Instructions that compute a value of one other, which is the first operand of the form.
    static let unary: HandlerTable = {
        var table = HandlerTable()
        addIntegerUnary(to: &table)
        addFloatUnary(to: &table)
        addConversions(to: &table)
        return table
    }()

    /// Branches taken if a comparison holds.
    static let branchIf: HandlerTable = {
        var table = HandlerTable()
        addI32Branches(to: &table)
        addI64Branches(to: &table)
        addFloatBranches(to: &table)
        return table
    }()

    /// Branches taken if a comparison with a long immediate holds.
    static let wideBranchIf: HandlerTable = {
        var table = HandlerTable()
        addI32WideBranches(to: &table)
        addI64WideBranches(to: &table)
        return table
    }()

    /// Branches taken if a comparison of floating-point numbers does not hold; those of integers have an opposite.
    static let branchUnless: HandlerTable = {
        var table = HandlerTable()
        addNegatedFloatBranches(to: &table)
        return table
    }()

    /// Additions with a branch that is taken if a comparison of the sum holds. The form is that of the second addend
    /// and of what the sum is compared with.
    static let sumAndBranch: HandlerTable = {
        var table = HandlerTable()
        addSumsAndBranches(to: &table)
        return table
    }()

    /// Loads with a branch that is taken if the result is the number there.
    static let loadAndBranchIfEqual: HandlerTable = {
        var table = HandlerTable()
        addLoadsAndBranchesIfEqual(to: &table)
        return table
    }()

    /// Loads with a branch that is taken if the result is not the number there.
    static let loadAndBranchUnlessEqual: HandlerTable = {
        var table = HandlerTable()
        addLoadsAndBranchesUnlessEqual(to: &table)
        return table
    }()

    /// Loads from memory 0 by 32-bit addresses; see there for the forms.
    static let load: HandlerTable = {
        var table = HandlerTable()
        addLoads(to: &table)
        return table
    }()

    /// Stores to memory 0: address, then value.
    static let store: HandlerTable = {
        var table = HandlerTable()
        addStores(to: &table)
        return table
    }()

    /// Stores to memory 0 at the sum of two slots; the second operand of the form is the value.
    static let indexedStore: HandlerTable = {
        var table = HandlerTable()
        addIndexedStores(to: &table)
        return table
    }()

    /// Loads and stores of any memory by addresses of any size.
    static let far: HandlerTable = {
        var table = HandlerTable()
        addFarAccesses(to: &table)
        return table
    }()

    init() {
        let count = Opcode.rawValueCount * OperandForm.count
        handlers = .allocate(capacity: count)
        handlers.initialize(repeating: nil, count: count)
    }

    subscript(opcode: Opcode, form: OperandForm) -> Handler? {
        get { handlers[Int(opcode.rawValue) * OperandForm.count + form.rawValue] }
        set { handlers[Int(opcode.rawValue) * OperandForm.count + form.rawValue] = newValue }
    }
}
