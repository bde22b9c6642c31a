// Exceptions, legacy ones included.

extension FunctionValidator {
    mutating func validateException(_ opcode: Opcode) throws(DecodingFailure) {
        switch opcode {
        case .throw:
            try pop(try readTagParameters())
            setUnreachable()
            return
        case .throwRef:
            try pop(ValueType.exceptionReference.rawValue)
            setUnreachable()
            return
        case .tryTable:
            try validateTryTable()
            return
        default:
            break
        }
        guard tables.features.contains(.legacyExceptions) else { throw illegalOpcode() }
        switch opcode {
        case .try:
            let type = try readBlockType()
            try pop(type.parameters(tables))
            try pushFrame(.try, type)
        case .catch:
            let parameters = try readTagParameters()
            try beginHandler(.catch)
            try push(parameters)
        case .catchAll:
            try beginHandler(.catchAll)
        case .rethrow:
            let kind = try readLabel().kind
            guard kind == .catch || kind == .catchAll else { throw invalid("invalid rethrow label") }
            setUnreachable()
        default:  // delegate
            guard frames[frames.count - 1].kind == .try else {
                throw .malformed("unexpected token: delegate without try", at: instructionStart)
            }
            let frame = try popFrame()
            _ = try readLabel()
            try push(frame.type.results(tables))
        }
    }

    /// Ends the body of a `try`, or a handler before this one.
    private mutating func beginHandler(_ kind: ControlFrame.Kind) throws(DecodingFailure) {
        let previous = frames[frames.count - 1].kind
        guard previous == .try || previous == .catch else {
            throw .malformed("unexpected token: catch without try", at: instructionStart)
        }
        let frame = try popFrame()
        frameHeight = operands.count
        frames.push(
            ControlFrame(
                kind: kind, isUnreachable: false, height: UInt32(frameHeight), setLocalCount: UInt32(setLocals.count),
                type: frame.type))
    }

    private mutating func validateTryTable() throws(DecodingFailure) {
        let type = try readBlockType()
        for _ in 0..<(try reader.readCount()) {
            let start = reader.position
            guard let kind = CatchKind(rawValue: try reader.readByte()) else {
                throw .malformed("malformed catch clause", at: start)
            }
            let parameters = kind.hasTag ? try readTagParameters() : TypeList()
            let types = labelTypes(try readLabel())
            let exception: UInt32? =
                kind.passesReference ? ReferenceType(to: .abstract(.exception), isNullable: false).rawValue : nil
            guard clause(parameters, exception, matches: types) else {
                throw invalid(
                    "type mismatch: a catch clause passes \(parameters)"
                        + "\(exception == nil ? "" : " and the exception") to a label that takes \(types)")
            }
        }
        try pop(type.parameters(tables))
        try pushFrame(.tryTable, type)
    }

    private func clause(_ parameters: TypeList, _ exception: UInt32?, matches types: TypeList) -> Bool {
        guard let exception else { return parameters.isSubtype(of: types) }
        guard let last = types.last, ValueType(rawValue: exception).isSubtype(of: ValueType(rawValue: last)) else {
            return false
        }
        return parameters.isSubtype(of: types.dropLast())
    }

    private mutating func readTagParameters() throws(DecodingFailure) -> TypeList {
        let index = Int(try reader.readU32())
        guard index < tables.tags.count else { throw invalid("unknown tag \(index)") }
        return TypeList(tables.parameters(of: tables.types[Int(tables.tags[index])]))
    }
}
