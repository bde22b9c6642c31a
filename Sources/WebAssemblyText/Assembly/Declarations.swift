/// The first pass: every field gets its index, and its identifier is bound.
extension ModuleAssembler {
    mutating func declareFields() throws(SyntaxError) {
        reader.position = fields.lowerBound
        // An import would shift the indices of what is defined before it, hence has to come first.
        var firstDefinition: String?
        while reader.position < fields.upperBound {
            guard let keyword = reader.openingKeyword else { throw unexpectedField() }
            let open = reader.position
            let end = reader.closing(of: open)
            reader.position += 2
            switch keyword {
            case .type: try declareType()
            case .rec:
                while reader.isAtOpen {
                    let next = reader.closing(of: reader.position) + 1
                    try reader.expectOpening(.type)
                    try declareType()
                    reader.position = next
                }
            case .import: try declareImport(at: open, after: firstDefinition)
            case .func, .table, .memory, .global, .tag:
                let isImport = try declareDefinition(keyword, at: open, after: firstDefinition)
                if !isImport && firstDefinition == nil {
                    firstDefinition = keyword == .func ? "function" : keyword.spelling
                }
            case .elem: try declare(in: \.elementSegments)
            case .data: try declare(in: \.dataSegments)
            case .export, .start: break
            default: throw unexpectedField(at: open)
            }
            reader.position = end + 1
        }
    }

    private func unexpectedField(at open: Int? = nil) -> SyntaxError {
        let open = open ?? reader.position
        let isParenthesis = reader.token(at: open).kind == .open
        return reader.unexpected("a field of a module", at: isParenthesis ? open + 1 : open)
    }

    /// Reads the identifier and name annotation at the head of a definition.
    mutating func readBinding() throws(SyntaxError) -> Binding {
        let symbol = reader.acceptIdentifier()
        return Binding(symbol: symbol, annotatedName: try readNameAnnotation())
    }

    private mutating func declare(in space: WritableKeyPath<ModuleAssembler, IndexSpace>) throws(SyntaxError) {
        let position = reader.position
        let binding = try readBinding()
        guard self[keyPath: space].define(binding) else {
            throw duplicate(self[keyPath: space].category, at: position)
        }
    }

    func duplicate(_ category: String, at position: Int) -> SyntaxError {
        SyntaxError(at: reader.token(at: position).start, "duplicate \(category) \(reader.spelling(at: position))")
    }

    private func space(of keyword: Keyword) -> WritableKeyPath<ModuleAssembler, IndexSpace> {
        switch keyword {
        case .table: \.tables
        case .memory: \.memories
        case .global: \.globals
        case .tag: \.tags
        default: \.functions
        }
    }

    private mutating func declareImport(at open: Int, after firstDefinition: String?) throws(SyntaxError) {
        if let firstDefinition {
            throw SyntaxError(at: reader.token(at: open).start, "import after \(firstDefinition)")
        }
        // Two strings, then the description.
        guard reader.isAtString else { throw reader.unexpected("the name of a module") }
        reader.advance()
        guard reader.isAtString else { throw reader.unexpected("the name of an import") }
        reader.advance()
        guard let keyword = reader.openingKeyword, [.func, .table, .memory, .global, .tag].contains(keyword) else {
            throw reader.unexpected(
                "a function, table, memory, global or tag", at: reader.position + (reader.isAtOpen ? 1 : 0))
        }
        reader.position += 2
        try declare(in: space(of: keyword))
    }

    /// Returns whether the field is an import in the abbreviated form.
    private mutating func declareDefinition(
        _ keyword: Keyword, at open: Int, after firstDefinition: String?
    ) throws(SyntaxError) -> Bool {
        try declare(in: space(of: keyword))
        while reader.isAtOpening(.export) { reader.position = reader.closing(of: reader.position) + 1 }
        if reader.isAtOpening(.import) {
            if let firstDefinition {
                throw SyntaxError(at: reader.token(at: open).start, "import after \(firstDefinition)")
            }
            return true
        }
        // A table or memory with its contents in place defines a segment too.
        if keyword == .memory {
            skipAddressType()
            if reader.isAtOpening(.data) { _ = dataSegments.define(.anonymous) }
        } else if keyword == .table {
            skipAddressType()
            if reader.isAtOpening(.ref) {
                reader.position = reader.closing(of: reader.position) + 1
            } else if reader.token.kind == .keyword {
                reader.advance()
            }
            if reader.isAtOpening(.elem) { _ = elementSegments.define(.anonymous) }
        }
        return false
    }

    private mutating func skipAddressType() {
        if reader.isAt(.i32) || reader.isAt(.i64) { reader.advance() }
    }

    // MARK: Types

    private mutating func declareType() throws(SyntaxError) {
        let index = types.count
        try declare(in: \.types)
        if reader.isAtOpening(.sub) {
            reader.position += 2
            _ = reader.accept(.final)
            while reader.isAtIndex { reader.advance() }
        }
        guard reader.acceptOpening(.struct) else { return }
        try declareFields(ofStructure: index)
    }

    private mutating func declareFields(ofStructure index: UInt32) throws(SyntaxError) {
        var fields = IndexSpace("field")
        while reader.isAtOpening(.field) {
            let end = reader.closing(of: reader.position)
            reader.position += 2
            let position = reader.position
            let binding = try readBinding()
            if binding.name != nil {
                guard fields.define(binding) else { throw duplicate("field", at: position) }
            } else {
                while reader.position < end {
                    _ = fields.define(.anonymous)
                    reader.position = reader.isAtOpen ? reader.closing(of: reader.position) + 1 : reader.position + 1
                }
            }
            reader.position = end + 1
        }
        if !fields.names.isEmpty { structureFields[index] = fields }
    }
}
