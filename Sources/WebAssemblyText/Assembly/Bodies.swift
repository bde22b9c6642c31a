import WebAssembly

/// The third pass: the functions' bodies; and constant expressions.
extension ModuleAssembler {
    mutating func encodeBodies() throws(SyntaxError) {
        codeSection.entries.reserveCapacity(reader.text.count / 8)
        codeSection.count = pendingFunctions.count
        for function in pendingFunctions { try encodeBody(of: function) }
    }

    private mutating func encodeBody(of function: PendingFunction) throws(SyntaxError) {
        beginScope()
        reader.position = function.typeUse
        let use = try readTypeUse(bindingParameters: .locals)
        if use.index != nil && signature.isEmpty {
            // Without the spelled-out form the parameters have no names, but they have indices. A type that is missing
            // or no function type is for validation to refuse.
            locals.defineAnonymous(signatures.entry(at: function.typeIndex)?.parameterCount ?? 0)
        }
        try encodeLocals()
        try encodeInstructions(.sequence)
        guard reader.position == function.end else { throw reader.unexpected("an instruction") }
        mark(function.end)
        body.append(contentsOf: Opcode.end.encoding)
        codeSection.entries.appendSized(body)
        instructionPlaces?.endFunction(bodyAt: codeSection.entries.count - body.count)
        collectNames(of: function.index)
        if functionBranchHints.count > 0 {
            branchHints.count += 1
            branchHints.entries.appendUnsigned(function.index)
            branchHints.entries.append(contentsOf: functionBranchHints.content)
        }
    }

    private mutating func beginScope() {
        body.removeAll(keepingCapacity: true)
        locals.reset()
        labels.reset()
        functionBranchHints = VectorSection()
        instructionPlaces?.beginFunction()
    }

    /// Takes note that what is encoded next is of the token at `position`.
    mutating func mark(_ position: Int) { instructionPlaces?.mark(body.count, position) }

    /// Reads `(local …)*`, and encodes them as runs of equal types.
    private mutating func encodeLocals() throws(SyntaxError) {
        guard reader.isAtOpening(.local) else { return body.append(0) }
        var runs: [(count: UInt32, type: ValueTypeCode)] = []
        func add(_ type: ValueTypeCode) {
            if let last = runs.indices.last, runs[last].type == type {
                runs[last].count += 1
            } else {
                runs.append((1, type))
            }
        }
        while reader.acceptOpening(.local) {
            let position = reader.position
            let binding = try readBinding()
            if binding.name != nil {
                guard locals.define(binding) else { throw duplicate("local", at: position) }
                add(try readValueType())
            } else {
                while !reader.isAtClose {
                    locals.defineAnonymous(1)
                    add(try readValueType())
                }
            }
            try reader.expectClose()
        }
        body.appendUnsigned(runs.count)
        for run in runs {
            body.appendUnsigned(run.count)
            run.type.encode(into: &body)
        }
    }

    // MARK: Constant expressions

    /// Reads instructions up to the next unmatched `)`, and returns them with the `end` behind.
    mutating func readExpression() throws(SyntaxError) -> [UInt8] {
        try readConstantExpression(.sequence)
    }

    /// Reads one folded instruction, and returns it with the `end` behind.
    mutating func readFoldedExpression() throws(SyntaxError) -> [UInt8] {
        guard reader.isAtOpen else { throw reader.unexpected("a folded instruction") }
        return try readConstantExpression(.oneFoldedInstruction)
    }

    private mutating func readConstantExpression(_ extent: InstructionExtent) throws(SyntaxError) -> [UInt8] {
        beginScope()
        try encodeInstructions(extent)
        body.append(contentsOf: Opcode.end.encoding)
        return body
    }
}
