/// How far a run of instructions goes.
enum InstructionExtent {
    /// Up to the next `)` that closes none of them.
    case sequence
    /// One folded instruction.
    case oneFoldedInstruction
}

/// A construct around the instruction that is read next. The stack of frames takes the place of recursion, so that the
/// depth of nesting is limited by memory alone.
struct InstructionFrame {
    enum Kind: UInt8 {
        /// A function's body or a constant expression.
        case sequence, oneFoldedInstruction
        /// Flat forms, which end with `end`.
        case block, ifThen, ifElse, tryDo, tryCatch, tryCatchAll
        /// `(op …`: its operands; the encoded instruction waits until they are all there.
        case foldedOperands
        /// `(block …`, `(loop …`, `(try_table …`: instructions.
        case foldedBlock
        /// `(then …`, `(else …`, `(do …`, `(catch …`, `(catch_all …`: instructions.
        case foldedArm
        /// `(if …`: the condition, which comes first; then after each arm.
        case foldedCondition, foldedAfterThen, foldedAfterElse
        /// `(try …`: at its start, then after each kind of arm.
        case foldedTry, foldedAfterDo, foldedAfterCatch, foldedAfterCatchAll

        /// Whether instructions may be written without parentheses here.
        var acceptsFlatInstructions: Bool {
            switch self {
            case .sequence, .block, .ifThen, .ifElse, .tryDo, .tryCatch, .tryCatchAll, .foldedBlock, .foldedArm: true
            default: false
            }
        }
    }

    var kind: Kind
    /// The label of a block; of a folded `if` it is not in scope before `then`.
    var symbol: UInt32?
    /// Where in `waiting` the instruction starts.
    var waitingStart = 0
    var branchHint: UInt8?
    /// The token that the instruction that waits began with.
    var position = 0
}

/// The instruction loop: flat and folded instructions, and the blocks among them.
extension ModuleAssembler {
    mutating func encodeInstructions(_ extent: InstructionExtent) throws(SyntaxError) {
        frames.removeAll(keepingCapacity: true)
        waiting.removeAll(keepingCapacity: true)
        frames.append(InstructionFrame(kind: extent == .sequence ? .sequence : .oneFoldedInstruction))
        repeat {
            mark(reader.position)
            let token = reader.token
            switch token.kind {
            case .keyword:
                guard frames[frames.count - 1].kind.acceptsFlatInstructions else {
                    throw reader.unexpected("a folded instruction or a closing parenthesis")
                }
                try encodeFlatInstruction(token)
            case .open:
                try encodeFoldedInstruction()
            case .close:
                if frames.count == 1 { return }
                try closeFrame()
            default:
                throw reader.unexpected("an instruction")
            }
        } while extent == .sequence || frames.count > 1
    }

    // MARK: Flat instructions

    private mutating func encodeFlatInstruction(_ token: Token) throws(SyntaxError) {
        if token.value >= KeywordCode.firstOpcode {
            let entry = instructionTable[Int(token.value - KeywordCode.firstOpcode)]
            if entry.isBranchIf, let hint = try readBranchHint(before: reader.position) { recordBranchHint(hint) }
            reader.advance()
            return try encodeOperation(entry)
        }
        guard let keyword = KeywordCode(value: token.value).keyword else { throw reader.unexpected("an instruction") }
        switch keyword {
        case .block, .loop, .tryTable:
            try openBlock(keyword, .block)
        case .if:
            if let hint = try readBranchHint(before: reader.position) { recordBranchHint(hint) }
            try openBlock(keyword, .ifThen)
        case .try:
            try openBlock(keyword, .tryDo)
        case .else:
            try expectFrame(.ifThen, becoming: .ifElse)
            try readMatchingLabel()
            body.append(ControlOpcode.else)
        case .catch:
            try expectFrame(.tryDo, .tryCatch, becoming: .tryCatch)
            body.append(ControlOpcode.catch)
            body.appendUnsigned(try readIndex(tags))
        case .catchAll:
            try expectFrame(.tryDo, .tryCatch, becoming: .tryCatchAll)
            body.append(ControlOpcode.catchAll)
        case .delegate:
            try expectFrame(.tryDo, becoming: .tryDo)
            frames.removeLast()
            try encodeDelegate()
        case .end:
            switch frames[frames.count - 1].kind {
            case .block, .ifThen, .ifElse, .tryDo, .tryCatch, .tryCatchAll: break
            default: throw reader.unexpected("an instruction")
            }
            reader.advance()
            try readMatchingLabel()
            frames.removeLast()
            labels.pop()
            body.append(ControlOpcode.end)
        case .select:
            reader.advance()
            try encodeSelect()
        default:
            throw reader.unexpected("an instruction")
        }
    }

    /// Reads the keyword that is next, if the innermost block is of one of the kinds.
    private mutating func expectFrame(
        _ kinds: InstructionFrame.Kind..., becoming next: InstructionFrame.Kind
    ) throws(SyntaxError) {
        guard kinds.contains(frames[frames.count - 1].kind) else { throw reader.unexpected("an instruction") }
        frames[frames.count - 1].kind = next
        reader.advance()
    }

    /// The identifier after `else` and `end`, if there is one, repeats the block's.
    private mutating func readMatchingLabel() throws(SyntaxError) {
        guard let symbol = reader.acceptIdentifier() else { return }
        guard symbol == frames[frames.count - 1].symbol else {
            let position = reader.position - 1
            throw SyntaxError(
                at: reader.token(at: position).start, "mismatching label \(reader.spelling(at: position))")
        }
    }

    /// Reads and encodes the head of a block, from its keyword on, and enters it.
    private mutating func openBlock(_ keyword: Keyword, _ kind: InstructionFrame.Kind) throws(SyntaxError) {
        reader.advance()
        let symbol = reader.acceptIdentifier()
        switch keyword {
        case .loop: body.append(ControlOpcode.loop)
        case .if: body.append(ControlOpcode.if)
        case .try: body.append(ControlOpcode.try)
        case .tryTable: body.append(ControlOpcode.tryTable)
        default: body.append(ControlOpcode.block)
        }
        try encodeBlockType()
        // The labels of catch clauses are those around the block.
        if keyword == .tryTable { try encodeCatchClauses() }
        labels.push(symbol)
        frames.append(InstructionFrame(kind: kind, symbol: symbol))
    }

    /// Encodes `delegate`, whose label is counted from outside of its `try`.
    private mutating func encodeDelegate() throws(SyntaxError) {
        labels.pop()
        body.append(ControlOpcode.delegate)
        body.appendUnsigned(try readLabel())
    }

    private mutating func recordBranchHint(_ hint: UInt8) {
        functionBranchHints.count += 1
        functionBranchHints.entries.appendUnsigned(body.count)
        functionBranchHints.entries.append(1)
        functionBranchHints.entries.append(hint)
    }

    // MARK: Folded instructions

    private mutating func encodeFoldedInstruction() throws(SyntaxError) {
        switch frames[frames.count - 1].kind {
        case .foldedCondition, .foldedAfterThen, .foldedAfterElse:
            if try openIfArm() { return }
        case .foldedTry, .foldedAfterDo, .foldedAfterCatch, .foldedAfterCatchAll:
            return try openTryArm()
        default:
            break
        }
        let opening = reader.position
        reader.advance()
        let token = reader.token
        guard token.kind == .keyword else { throw reader.unexpected("an instruction") }
        if token.value >= KeywordCode.firstOpcode {
            let entry = instructionTable[Int(token.value - KeywordCode.firstOpcode)]
            let hint = entry.isBranchIf ? try readFoldedBranchHint() : nil
            reader.advance()
            let start = body.count
            try encodeOperation(entry)
            return finishFoldedHead(from: start, hint: hint, opening)
        }
        switch KeywordCode(value: token.value).keyword {
        case .block: try openBlock(.block, .foldedBlock)
        case .loop: try openBlock(.loop, .foldedBlock)
        case .tryTable: try openBlock(.tryTable, .foldedBlock)
        case .try: try openBlock(.try, .foldedTry)
        case .if:
            let hint = try readFoldedBranchHint()
            reader.advance()
            let symbol = reader.acceptIdentifier()
            let start = body.count
            body.append(ControlOpcode.if)
            try encodeBlockType()
            setAside(
                from: start,
                InstructionFrame(kind: .foldedCondition, symbol: symbol, branchHint: hint, position: opening))
        case .select:
            reader.advance()
            let start = body.count
            try encodeSelect()
            finishFoldedHead(from: start, hint: nil, opening)
        default:
            throw reader.unexpected("an instruction")
        }
    }

    /// The branch hint of a folded instruction stands before its parenthesis or before its keyword.
    private mutating func readFoldedBranchHint() throws(SyntaxError) -> UInt8? {
        if let hint = try readBranchHint(before: reader.position - 1) { return hint }
        return try readBranchHint(before: reader.position)
    }

    /// After an instruction has been encoded at `start`: ends it if it has no folded operands, else sets it aside.
    private mutating func finishFoldedHead(from start: Int, hint: UInt8?, _ opening: Int) {
        if hint == nil && reader.acceptClose() { return }
        setAside(from: start, InstructionFrame(kind: .foldedOperands, branchHint: hint, position: opening))
    }

    /// Moves the instruction encoded at `start` to those that wait for their operands.
    private mutating func setAside(from start: Int, _ frame: InstructionFrame) {
        var frame = frame
        frame.waitingStart = waiting.count
        waiting.append(contentsOf: body[start...])
        body.removeLast(body.count - start)
        frames.append(frame)
    }

    /// Appends the instruction that waited in `frame`.
    private mutating func emitWaiting(_ frame: InstructionFrame) {
        if let hint = frame.branchHint { recordBranchHint(hint) }
        mark(frame.position)
        body.append(contentsOf: waiting[frame.waitingStart...])
        waiting.removeLast(waiting.count - frame.waitingStart)
    }

    /// Reads `(then` or `(else`, if that is next, and enters the arm.
    private mutating func openIfArm() throws(SyntaxError) -> Bool {
        let last = frames.count - 1
        switch (frames[last].kind, reader.openingKeyword) {
        case (.foldedCondition, .then):
            emitWaiting(frames[last])
            labels.push(frames[last].symbol)
            frames[last].kind = .foldedAfterThen
        case (.foldedCondition, _):
            return false
        case (.foldedAfterThen, .else):
            body.append(ControlOpcode.else)
            frames[last].kind = .foldedAfterElse
        default:
            throw reader.unexpected("a closing parenthesis")
        }
        reader.position += 2
        frames.append(InstructionFrame(kind: .foldedArm))
        return true
    }

    /// Reads the head of an arm of a folded `try`, and enters it.
    private mutating func openTryArm() throws(SyntaxError) {
        let last = frames.count - 1
        let keyword = reader.openingKeyword
        let position = reader.position
        reader.position += 2
        switch (frames[last].kind, keyword) {
        case (.foldedTry, .do):
            frames[last].kind = .foldedAfterDo
        case (.foldedAfterDo, .delegate):
            try encodeDelegate()
            try reader.expectClose()
            try reader.expectClose()
            frames.removeLast()
            return
        case (.foldedAfterDo, .catch), (.foldedAfterCatch, .catch):
            body.append(ControlOpcode.catch)
            body.appendUnsigned(try readIndex(tags))
            frames[last].kind = .foldedAfterCatch
        case (.foldedAfterDo, .catchAll), (.foldedAfterCatch, .catchAll):
            body.append(ControlOpcode.catchAll)
            frames[last].kind = .foldedAfterCatchAll
        default:
            throw reader.unexpected("a part of `try`", at: position + 1)
        }
        frames.append(InstructionFrame(kind: .foldedArm))
    }

    /// At a `)` that ends the innermost frame.
    private mutating func closeFrame() throws(SyntaxError) {
        let frame = frames[frames.count - 1]
        switch frame.kind {
        case .foldedOperands:
            emitWaiting(frame)
        case .foldedBlock, .foldedAfterThen, .foldedAfterElse, .foldedAfterDo, .foldedAfterCatch, .foldedAfterCatchAll:
            body.append(ControlOpcode.end)
            labels.pop()
        case .foldedArm:
            break
        case .foldedCondition:
            throw reader.unexpected("(then …)")
        case .foldedTry:
            throw reader.unexpected("(do …)")
        case .block, .ifThen, .ifElse, .tryDo, .tryCatch, .tryCatchAll:
            throw reader.unexpected("`end`")
        case .sequence, .oneFoldedInstruction:
            throw reader.unexpected("an instruction")
        }
        frames.removeLast()
        reader.advance()
    }
}
