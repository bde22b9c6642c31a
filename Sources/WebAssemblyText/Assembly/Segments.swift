import WebAssembly

/// Element and data segments.
extension ModuleAssembler {
    /// When a segment's contents are copied, and where to.
    enum ElementMode {
        case passive
        case declarative
        case active(table: UInt32, offset: [UInt8])
    }

    enum DataMode {
        case passive
        case active(memory: UInt32, offset: [UInt8])
    }

    /// What an element segment holds: indices of functions, or constant expressions.
    struct Elements {
        var count = 0
        var bytes: [UInt8] = []
        let areFunctions: Bool
    }

    /// The constant expression of an offset of zero.
    static func zeroOffset(is64: Bool) -> [UInt8] {
        [is64 ? 0x42 : 0x41, 0x00, 0x0B]
    }

    // MARK: Element segments

    /// `id? declare? elemlist)` or `id? (table x)? offset elemlist)`, where older texts have a bare `x`
    mutating func encodeElementSegment() throws(SyntaxError) {
        _ = reader.acceptIdentifier()
        let mode: ElementMode
        if reader.accept(.declare) {
            mode = .declarative
        } else if reader.isAtIndex || reader.isAtOpen && !isAtReferenceType {
            var table: UInt32 = 0
            if reader.isAtIndex {
                table = try readIndex(tables)
            } else if reader.acceptOpening(.table) {
                table = try readIndex(tables)
                try reader.expectClose()
            }
            mode = .active(table: table, offset: try readOffset())
        } else {
            mode = .passive
        }

        let type: ValueTypeCode
        let elements: Elements
        if reader.accept(.func) {
            type = .nonNullFunctionReference
            elements = try readFunctionIndices()
        } else if isAtReferenceType {
            type = try readReferenceType()
            elements = try readElementExpressions()
        } else if case .active = mode {
            // The keyword may be left out here.
            type = .nonNullFunctionReference
            elements = try readFunctionIndices()
        } else {
            throw reader.unexpected("a list of elements")
        }
        try reader.expectClose()
        appendElementSegment(mode: mode, type: type, elements)
    }

    private mutating func readFunctionIndices() throws(SyntaxError) -> Elements {
        var elements = Elements(areFunctions: true)
        while !reader.isAtClose {
            elements.bytes.appendUnsigned(try readIndex(functions))
            elements.count += 1
        }
        return elements
    }

    /// Reads what stands in the place of a table's size: expressions, or indices of functions.
    mutating func readContents(ofTable type: ValueTypeCode) throws(SyntaxError) -> Elements {
        guard reader.isAtIndex else { return try readElementExpressions() }
        if type == .functionReference { return try readFunctionIndices() }
        // Bare indices stand for references of type `(ref func)`; a more precise type wants them spelled out.
        var elements = Elements(areFunctions: false)
        while !reader.isAtClose {
            elements.bytes.append(contentsOf: Opcode.refFunc.encoding)
            elements.bytes.appendUnsigned(try readIndex(functions))
            elements.bytes.append(contentsOf: Opcode.end.encoding)
            elements.count += 1
        }
        return elements
    }

    private mutating func readElementExpressions() throws(SyntaxError) -> Elements {
        var elements = Elements(areFunctions: false)
        while !reader.isAtClose {
            guard reader.isAtOpen else { throw reader.unexpected("an element expression") }
            if reader.acceptOpening(.item) {
                elements.bytes.append(contentsOf: try readExpression())
                try reader.expectClose()
            } else {
                elements.bytes.append(contentsOf: try readFoldedExpression())
            }
            elements.count += 1
        }
        return elements
    }

    /// `(offset instr*)` or one folded instruction.
    private mutating func readOffset() throws(SyntaxError) -> [UInt8] {
        guard reader.acceptOpening(.offset) else { return try readFoldedExpression() }
        let expression = try readExpression()
        try reader.expectClose()
        return expression
    }

    mutating func appendElementSegment(mode: ElementMode, type: ValueTypeCode, _ elements: Elements) {
        elementSection.count += 1
        // Bit 0: not active, or with an explicit table otherwise bit 1; bit 2: expressions rather than functions.
        let holdsExpressions: UInt8 = elements.areFunctions ? 0 : 4
        var hasType = true
        switch mode {
        case .passive:
            elementSection.entries.append(1 | holdsExpressions)
        case .declarative:
            elementSection.entries.append(3 | holdsExpressions)
        case .active(let table, let offset):
            // The short form has table 0 and the one type that its kind of contents implies.
            hasType = table != 0 || !elements.areFunctions && type != .functionReference
            elementSection.entries.append((hasType ? 2 : 0) | holdsExpressions)
            if hasType { elementSection.entries.appendUnsigned(table) }
            elementSection.entries.append(contentsOf: offset)
        }
        if hasType {
            if elements.areFunctions {
                elementSection.entries.append(0)
            } else {
                type.encode(into: &elementSection.entries)
            }
        }
        elementSection.entries.appendUnsigned(elements.count)
        elementSection.entries.append(contentsOf: elements.bytes)
    }

    // MARK: Data segments

    /// `id? (memory x)? offset? "…"*)`, where older texts have a bare `x`
    mutating func encodeDataSegment() throws(SyntaxError) {
        _ = reader.acceptIdentifier()
        var mode = DataMode.passive
        if reader.isAtIndex || reader.isAtOpen {
            var memory: UInt32 = 0
            if reader.isAtIndex {
                memory = try readIndex(memories)
            } else if reader.acceptOpening(.memory) {
                memory = try readIndex(memories)
                try reader.expectClose()
            }
            mode = .active(memory: memory, offset: try readOffset())
        }
        var contents: [UInt8] = []
        while reader.isAtString { try reader.readString(into: &contents) }
        try reader.expectClose()
        appendDataSegment(mode: mode, contents)
    }

    mutating func appendDataSegment(mode: DataMode, _ contents: [UInt8]) {
        dataSection.count += 1
        switch mode {
        case .passive:
            dataSection.entries.append(1)
        case .active(let memory, let offset):
            dataSection.entries.append(memory == 0 ? 0 : 2)
            if memory != 0 { dataSection.entries.appendUnsigned(memory) }
            dataSection.entries.append(contentsOf: offset)
        }
        dataSection.entries.appendSized(contents)
    }
}
