import WebAssembly

/// The immediates of instructions.
extension ModuleAssembler {
    /// Encodes an instruction whose keyword has been read, reading its immediates.
    mutating func encodeOperation(_ entry: InstructionEntry) throws(SyntaxError) {
        entry.appendOpcode(to: &body)
        switch entry.immediate {
        case .none: break
        case .local: body.appendUnsigned(try readLocal())
        case .i32:
            let bits = try reader.readInteger(bitWidth: 32)
            body.appendSigned(Int64(Int32(truncatingIfNeeded: bits)))
        case .i64: body.appendSigned(Int64(bitPattern: try reader.readInteger(bitWidth: 64)))
        case .memoryArgument:
            let memory = reader.isAtIndex ? try readIndex(memories) : 0
            try encodeMemoryArgument(entry, memory: memory)
        case .label: body.appendUnsigned(try readLabel())
        case .function: body.appendUnsigned(try readIndex(functions))
        case .global: body.appendUnsigned(try readIndex(globals))
        case .f32: body.appendLittleEndian(try reader.readFloat(.binary32), count: 4)
        case .f64: body.appendLittleEndian(try reader.readFloat(.binary64), count: 8)
        case .labelTable: try encodeLabelTable()
        case .callIndirect:
            let table = reader.isAtIndex ? try readIndex(tables) : 0
            body.appendUnsigned(try readTypeIndex(bindingParameters: .forbidden))
            body.appendUnsigned(table)
        case .type: body.appendUnsigned(try readIndex(types))
        case .tag: body.appendUnsigned(try readIndex(tags))
        case .table: body.appendUnsigned(reader.isAtIndex ? try readIndex(tables) : 0)
        case .memory: body.appendUnsigned(reader.isAtIndex ? try readIndex(memories) : 0)
        case .element: body.appendUnsigned(try readIndex(elementSegments))
        case .data:
            needsDataCount = true
            body.appendUnsigned(try readIndex(dataSegments))
        case .dataMemory:
            needsDataCount = true
            let memory = isBeforeAnotherIndex ? try readIndex(memories) : 0
            body.appendUnsigned(try readIndex(dataSegments))
            body.appendUnsigned(memory)
        case .elementTable:
            let table = isBeforeAnotherIndex ? try readIndex(tables) : 0
            body.appendUnsigned(try readIndex(elementSegments))
            body.appendUnsigned(table)
        case .memoryMemory: try encodeIndexPair(memories)
        case .tableTable: try encodeIndexPair(tables)
        case .memoryArgumentLane:
            // A single number is the lane.
            let hasMemory = reader.isAtIdentifier || reader.isAtNumber && !isBeforeOperand
            let memory = hasMemory ? try readIndex(memories) : 0
            try encodeMemoryArgument(entry, memory: memory)
            body.append(UInt8(try reader.readUnsigned(bitWidth: 8)))
        case .lane: body.append(UInt8(try reader.readUnsigned(bitWidth: 8)))
        case .shuffle: try encodeShuffle()
        case .v128:
            let vector = try VectorLiteral.read(&reader)
            body.appendLittleEndian(vector.low, count: 8)
            body.appendLittleEndian(vector.high, count: 8)
        case .heapType:
            if entry.takesReferenceType {
                try encodeCastTarget()
            } else {
                try readHeapType().encode(into: &body)
            }
        case .castBranch: try encodeCastBranch()
        case .typeField: try encodeFieldIndex()
        case .typeLength:
            body.appendUnsigned(try readIndex(types))
            body.appendUnsigned(try reader.readUInt32())
        case .typeData:
            needsDataCount = true
            body.appendUnsigned(try readIndex(types))
            body.appendUnsigned(try readIndex(dataSegments))
        case .typeElement:
            body.appendUnsigned(try readIndex(types))
            body.appendUnsigned(try readIndex(elementSegments))
        case .typeType:
            body.appendUnsigned(try readIndex(types))
            body.appendUnsigned(try readIndex(types))
        case .fence: body.append(0)
        case .blockType, .selectTypes, .tryTable:
            // Their mnemonics are keywords of their own, which never come here.
            throw reader.unexpected("an instruction", at: reader.position - 1)
        }
    }

    // MARK: Indices

    @inline(__always)
    private mutating func readLocal() throws(SyntaxError) -> UInt32 {
        guard let symbol = reader.acceptIdentifier() else {
            guard reader.isAtNumber else { throw reader.unexpected("the index of a local") }
            return try reader.readUInt32()
        }
        guard let index = locals.index(of: symbol) else { throw unknown("local") }
        return index
    }

    mutating func readLabel() throws(SyntaxError) -> UInt32 {
        guard let symbol = reader.acceptIdentifier() else {
            guard reader.isAtNumber else { throw reader.unexpected("a label") }
            return try reader.readUInt32()
        }
        guard let depth = labels.depth(of: symbol) else { throw unknown("label") }
        return depth
    }

    /// Whether the next token is an index, and the one after it as well.
    private var isBeforeAnotherIndex: Bool {
        guard reader.isAtIndex else { return false }
        let next = reader.token(at: reader.position + 1).kind
        return next == .number || next == .identifier
    }

    /// Whether no further immediate comes after the next token.
    private var isBeforeOperand: Bool {
        let next = reader.token(at: reader.position + 1)
        switch next.kind {
        case .number: return false
        case .keyword: return !isMemoryArgumentPart(next)
        default: return true
        }
    }

    /// Two indices or none.
    private mutating func encodeIndexPair(_ space: IndexSpace) throws(SyntaxError) {
        guard reader.isAtIndex else {
            body.append(0)
            body.append(0)
            return
        }
        body.appendUnsigned(try readIndex(space))
        body.appendUnsigned(try readIndex(space))
    }

    private mutating func encodeLabelTable() throws(SyntaxError) {
        var targets: [UInt32] = [try readLabel()]
        while reader.isAtIndex { targets.append(try readLabel()) }
        // The last one is the default, and not counted.
        body.appendUnsigned(targets.count - 1)
        for target in targets { body.appendUnsigned(target) }
    }

    private mutating func encodeFieldIndex() throws(SyntaxError) {
        let type = try readIndex(types)
        body.appendUnsigned(type)
        if reader.isAtIdentifier {
            guard let fields = structureFields[type] else {
                reader.advance()
                throw unknown("field")
            }
            body.appendUnsigned(try readIndex(fields))
        } else {
            body.appendUnsigned(try reader.readUInt32())
        }
    }

    // MARK: Memory arguments

    private func isMemoryArgumentPart(_ token: Token) -> Bool {
        starts(token, with: "offset=") || starts(token, with: "align=")
    }

    private func starts(_ token: Token, with prefix: StaticString) -> Bool {
        // Words with a meaning of their own have a value.
        guard token.kind == .keyword, token.value == 0, token.range.count > prefix.utf8CodeUnitCount else {
            return false
        }
        return prefix.withUTF8Buffer { reader.text[token.range].starts(with: $0) }
    }

    /// Reads the number behind the `=` of the next token; `prefix` is the part before.
    private mutating func readMemoryArgumentPart(_ prefix: StaticString) throws(SyntaxError) -> UInt64? {
        let token = reader.token
        guard starts(token, with: prefix) else { return nil }
        let digits = (token.range.lowerBound + prefix.utf8CodeUnitCount)..<token.range.upperBound
        guard let literal = IntegerLiteral(reader.text, digits), !literal.hasSign else {
            throw reader.unexpected("an unsigned number behind \(prefix)")
        }
        guard let value = literal.bits(64) else {
            throw SyntaxError(at: token.start, "i64 constant out of range")
        }
        reader.advance()
        return value
    }

    private mutating func encodeMemoryArgument(_ entry: InstructionEntry, memory: UInt32) throws(SyntaxError) {
        let offset = try readMemoryArgumentPart("offset=") ?? 0
        var exponent = entry.naturalAlignment
        let alignOffset = reader.offset
        if let alignment = try readMemoryArgumentPart("align=") {
            guard alignment.nonzeroBitCount == 1 else {
                throw SyntaxError(at: alignOffset, "alignment must be a power of two")
            }
            exponent = UInt8(alignment.trailingZeroBitCount)
        }
        let hasMemoryIndex: UInt8 = 0x40
        if memory == 0 {
            body.append(exponent)
        } else {
            body.append(exponent | hasMemoryIndex)
            body.appendUnsigned(memory)
        }
        body.appendUnsigned(offset)
    }

    // MARK: Vectors

    private mutating func encodeShuffle() throws(SyntaxError) {
        let laneCount = 16
        var count = 0
        while reader.isAtLiteral(at: reader.position + count) { count += 1 }
        let offset = reader.offset
        for _ in 0..<min(count, laneCount) {
            let token = reader.token
            guard let literal = IntegerLiteral(reader.text, token.range), !literal.hasSign, let lane = literal.bits(8)
            else { throw SyntaxError(at: token.start, "i8 constant out of range: a lane's index is a number up to 31") }
            body.append(UInt8(lane))
            reader.advance()
        }
        guard count == laneCount else {
            throw SyntaxError(at: offset, "invalid lane length: \(count) lane indices in place of \(laneCount)")
        }
    }

    // MARK: Types

    /// `select`, or `select (result t)*`.
    mutating func encodeSelect() throws(SyntaxError) {
        guard reader.isAtOpening(.result) else { return body.append(ControlOpcode.select) }
        body.append(ControlOpcode.selectTyped)
        var types: [ValueTypeCode] = []
        while reader.acceptOpening(.result) {
            while !reader.isAtClose { types.append(try readValueType()) }
            try reader.expectClose()
        }
        body.appendUnsigned(types.count)
        for type in types { type.encode(into: &body) }
    }

    /// The reference type of `ref.test` and `ref.cast`: where it allows null, the opcode already encoded becomes the
    /// next one.
    private mutating func encodeCastTarget() throws(SyntaxError) {
        let type = try readReferenceType()
        if type.isNullableReference { body[body.count - 1] += 1 }
        type.heapType.encode(into: &body)
    }

    private mutating func encodeCastBranch() throws(SyntaxError) {
        let label = try readLabel()
        let source = try readReferenceType()
        let target = try readReferenceType()
        body.append((source.isNullableReference ? 1 : 0) | (target.isNullableReference ? 2 : 0))
        body.appendUnsigned(label)
        source.heapType.encode(into: &body)
        target.heapType.encode(into: &body)
    }

    /// The clauses `(catch tag label)`, `(catch_ref tag label)`, `(catch_all label)` and `(catch_all_ref label)`.
    mutating func encodeCatchClauses() throws(SyntaxError) {
        var clauses = VectorSection()
        while let kind = catchKind(reader.openingKeyword) {
            reader.position += 2
            clauses.count += 1
            clauses.entries.append(kind.rawValue)
            if kind.hasTag { clauses.entries.appendUnsigned(try readIndex(tags)) }
            clauses.entries.appendUnsigned(try readLabel())
            try reader.expectClose()
        }
        body.appendUnsigned(clauses.count)
        body.append(contentsOf: clauses.entries)
    }

    private func catchKind(_ keyword: Keyword?) -> CatchKind? {
        switch keyword {
        case .catch: .one
        case .catchRef: .oneWithReference
        case .catchAll: .all
        case .catchAllRef: .allWithReference
        default: nil
        }
    }
}
