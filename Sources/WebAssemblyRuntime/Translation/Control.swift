import WebAssembly

/// A block that is being translated.
struct Control {
    enum Kind {
        case function, block, loop, conditional, alternative
        case tryTable
        /// A legacy `try` block before its first clause, and in one.
        case legacyTry, legacyCatch
    }

    var kind: Kind
    /// The number of operands below the block's parameters.
    let height: Int
    let parameters: [ValueType]
    let results: [ValueType]
    /// The home of the operand at `height`: where branches put their first value.
    let home: Int
    /// For a loop, where its code begins.
    var start = 0
    /// The first of the branches that wait for the block's end, or -1.
    var firstPatch = -1
    /// For a conditional, the branch to its `else`, or -1.
    var elsePatch = -1
    /// For blocks that catch: where their body begins.
    var bodyStart = 0
    /// For `try_table`: its clauses, the labels counted from outside.
    var clauses: [TryTableClause] = []
    /// For a legacy `try` block, the place of its handler and the slot of the exception it caught.
    var handlerIndex = -1
    var exceptionSlot = -1
    /// Whether the code before the present instruction cannot be left by falling through.
    var isUnreachable = false

    init(kind: Kind, height: Int, parameters: [ValueType], results: [ValueType], home: Int) {
        self.kind = kind
        self.height = height
        self.parameters = parameters
        self.results = results
        self.home = home
    }

    /// What branches to the block carry.
    var labelTypes: [ValueType] { kind == .loop ? parameters : results }
}

/// A branch whose distance is not known yet.
struct Patch {
    /// Where the instruction begins, from which the distance counts.
    let instruction: Int
    /// Where the distance stands.
    let field: Int
    /// The next branch to the same label, or -1.
    var next: Int
}

/// A clause of `try_table`.
struct TryTableClause {
    let kind: CatchKind
    let tag: Int?
    let depth: Int
}
