import WebAssembly

/// Reads the commands of a script.
struct ScriptParser {
    private var reader: TokenReader
    private let text: [UInt8]
    private var lines: LineCounter

    init(_ source: TokenizedSource, _ text: [UInt8]) {
        reader = TokenReader(source)
        self.text = text
        lines = LineCounter(text)
    }

    mutating func parse() throws(SyntaxError) -> [Script.Command] {
        guard isCommand(reader.openingKeyword) || reader.isAtEnd else {
            let module = try ModuleText.read(&reader)
            guard reader.isAtEnd else { throw reader.unexpected("the end of the module") }
            return [Script.Command(line: 1, kind: .module(scriptModule(module)))]
        }
        var commands: [Script.Command] = []
        while !reader.isAtEnd {
            try reader.expectOpen()
            let line = lines.line(of: Int(reader.offset))
            commands.append(Script.Command(line: line, kind: try parseCommand()))
        }
        return commands
    }

    private func isCommand(_ keyword: Keyword?) -> Bool {
        switch keyword {
        case .module, .register, .invoke, .get, .assertReturn, .assertTrap, .assertExhaustion, .assertException,
            .assertMalformed, .assertMalformedCustom, .assertInvalid, .assertInvalidCustom, .assertUnlinkable:
            true
        default: false
        }
    }

    /// Reads a command whose `(` has been read, to its end.
    private mutating func parseCommand() throws(SyntaxError) -> Script.Kind {
        guard let keyword = reader.keyword(at: reader.position) else { throw reader.unexpected("a command") }
        switch keyword {
        case .module:
            return try parseModule()
        case .invoke, .get:
            reader.position -= 1
            return .action(try parseAction())
        default:
            break
        }
        reader.advance()
        let command: Script.Kind
        switch keyword {
        case .register:
            let name = try parseString()
            command = .register(as: name, instance: parseIdentifier())
        case .assertReturn:
            let action = try parseAction()
            var patterns: [ResultPattern] = []
            while reader.isAtOpen { patterns.append(try parsePattern()) }
            command = .assertReturn(action, patterns)
        case .assertTrap:
            if reader.isAtOpening(.module) {
                let module = try parsePlainModule()
                command = .assertInstantiationTrap(module, message: try parseString())
            } else {
                let action = try parseAction()
                command = .assertTrap(action, message: try parseString())
            }
        case .assertExhaustion:
            let action = try parseAction()
            command = .assertExhaustion(action, message: try parseString())
        case .assertException:
            command = .assertException(try parseAction())
        case .assertMalformed, .assertMalformedCustom:
            let module = try parsePlainModule()
            command = .assertMalformed(
                module, message: try parseString(), custom: keyword == .assertMalformedCustom)
        case .assertInvalid, .assertInvalidCustom:
            let module = try parsePlainModule()
            command = .assertInvalid(module, message: try parseString(), custom: keyword == .assertInvalidCustom)
        case .assertUnlinkable:
            let module = try parsePlainModule()
            command = .assertUnlinkable(module, message: try parseString())
        default:
            throw reader.unexpected("a command", at: reader.position - 1)
        }
        try reader.expectClose()
        return command
    }

    // MARK: Parts of commands

    private func name(of symbol: UInt32?) -> String? {
        symbol.map { String(decoding: reader.source.symbols.name(of: $0), as: UTF8.self) }
    }

    private mutating func parseIdentifier() -> String? {
        name(of: reader.acceptIdentifier())
    }

    private mutating func parseString() throws(SyntaxError) -> String {
        String(decoding: try reader.readName(), as: UTF8.self)
    }

    private func scriptModule(_ module: ModuleText) -> ScriptModule {
        ScriptModule(module, name: name(of: module.symbol), source: reader.source, text: text)
    }

    /// At `module`, after its parenthesis.
    private mutating func parseModule() throws(SyntaxError) -> Script.Kind {
        let end = reader.closing(of: reader.position - 1)
        reader.advance()
        if reader.accept(.instance) {
            let instance = parseIdentifier()
            let module = parseIdentifier()
            try reader.expectClose()
            return .instance(name: instance, module: module)
        }
        if reader.accept(.definition) {
            return .definition(scriptModule(try ModuleText.readRest(&reader, end: end)))
        }
        return .module(scriptModule(try ModuleText.readRest(&reader, end: end)))
    }

    /// A module inside an assertion. That it is not to be instantiated may be said.
    private mutating func parsePlainModule() throws(SyntaxError) -> ScriptModule {
        let end = reader.isAtOpen ? reader.closing(of: reader.position) : reader.position
        try reader.expectOpening(.module)
        _ = reader.accept(.definition)
        return scriptModule(try ModuleText.readRest(&reader, end: end))
    }

    private mutating func parseAction() throws(SyntaxError) -> ScriptAction {
        let action: ScriptAction
        if reader.acceptOpening(.invoke) {
            let instance = parseIdentifier()
            let function = try parseString()
            var arguments: [ScriptValue] = []
            while reader.isAtOpen { arguments.append(try parseValue()) }
            action = .invoke(instance: instance, function: function, arguments: arguments)
        } else if reader.acceptOpening(.get) {
            let instance = parseIdentifier()
            action = .get(instance: instance, global: try parseString())
        } else {
            throw reader.unexpected("an action", at: reader.position + (reader.isAtOpen ? 1 : 0))
        }
        try reader.expectClose()
        return action
    }

    // MARK: Values and patterns

    /// Reads a value that is no reference, up to its `)`.
    private mutating func parseNumber() throws(SyntaxError) -> ScriptValue? {
        guard reader.isAtOpen, reader.token(at: reader.position + 1).kind == .keyword else { return nil }
        let code = reader.token(at: reader.position + 1).value
        reader.position += 2
        switch code {
        case KeywordCode(.i32Const).value:
            return .i32(UInt32(truncatingIfNeeded: try reader.readInteger(bitWidth: 32)))
        case KeywordCode(.i64Const).value: return .i64(try reader.readInteger(bitWidth: 64))
        case KeywordCode(.f32Const).value: return .f32(UInt32(truncatingIfNeeded: try reader.readFloat(.binary32)))
        case KeywordCode(.f64Const).value: return .f64(try reader.readFloat(.binary64))
        case KeywordCode(.v128Const).value: return .v128(try VectorLiteral.read(&reader))
        default:
            reader.position -= 2
            return nil
        }
    }

    private mutating func parseValue() throws(SyntaxError) -> ScriptValue {
        let value: ScriptValue
        if let number = try parseNumber() {
            value = number
        } else if reader.acceptOpening(.refExtern) {
            value = .externalReference(try reader.readUInt32())
        } else if reader.acceptOpening(.refHost) {
            value = .hostReference(try reader.readUInt32())
        } else if acceptOpening(.refNull) {
            guard let keyword = reader.keyword(at: reader.position), ModuleAssembler.heapType(of: keyword) != nil else {
                throw reader.unexpected("a heap type")
            }
            reader.advance()
            value = .nullReference(heapType: keyword.spelling)
        } else {
            throw reader.unexpected("a value", at: reader.position + (reader.isAtOpen ? 1 : 0))
        }
        try reader.expectClose()
        return value
    }

    /// Reads `(` and the mnemonic of `opcode`, if they are next.
    private mutating func acceptOpening(_ opcode: Opcode) -> Bool {
        guard reader.isAtOpen else { return false }
        let next = reader.token(at: reader.position + 1)
        guard next.kind == .keyword, next.value == KeywordCode(opcode).value else { return false }
        reader.position += 2
        return true
    }

    private mutating func parsePattern() throws(SyntaxError) -> ResultPattern {
        guard reader.acceptOpening(.either) else { return try parseSimplePattern() }
        var alternatives: [ResultPattern] = []
        while !reader.isAtClose { alternatives.append(try parseSimplePattern()) }
        guard !alternatives.isEmpty else { throw reader.unexpected("a result") }
        try reader.expectClose()
        return .either(alternatives)
    }

    private mutating func parseSimplePattern() throws(SyntaxError) -> ResultPattern {
        let pattern: ResultPattern
        if let nan = parseNaN() {
            pattern = nan
        } else if let vector = try parseVectorPattern() {
            pattern = vector
        } else if let number = try parseNumber() {
            pattern = .value(number)
        } else {
            pattern = try parseReferencePattern()
        }
        try reader.expectClose()
        return pattern
    }

    private mutating func acceptNaN() -> ResultPattern.NaNPattern? {
        if reader.accept(.nanCanonical) { return .canonical }
        if reader.accept(.nanArithmetic) { return .arithmetic }
        return nil
    }

    private mutating func parseNaN() -> ResultPattern? {
        let start = reader.position
        if acceptOpening(.f32Const), let nan = acceptNaN() { return .f32(nan) }
        reader.position = start
        if acceptOpening(.f64Const), let nan = acceptNaN() { return .f64(nan) }
        reader.position = start
        return nil
    }

    /// A vector whose lanes are numbers or NaN patterns.
    private mutating func parseVectorPattern() throws(SyntaxError) -> ResultPattern? {
        guard acceptOpening(.v128Const) else { return nil }
        let offset = reader.offset
        let shape = try VectorLiteral.readShape(&reader)
        var lanes: [ResultPattern.LanePattern] = []
        while !reader.isAtClose {
            if shape.floatFormat != nil, let nan = acceptNaN() {
                lanes.append(.nan(nan))
            } else {
                lanes.append(.bits(try VectorLiteral.readLane(shape, &reader)))
            }
        }
        guard lanes.count == shape.laneCount else {
            throw SyntaxError(
                at: offset, "wrong number of lane literals: \(lanes.count) in place of \(shape.laneCount)")
        }
        return .v128(shape, lanes)
    }

    private mutating func parseReferencePattern() throws(SyntaxError) -> ResultPattern {
        if acceptOpening(.refNull) {
            if let keyword = reader.keyword(at: reader.position), ModuleAssembler.heapType(of: keyword) != nil {
                reader.advance()
            }
            return .nullReference
        }
        if reader.acceptOpening(.refHost) { return .value(.hostReference(try reader.readUInt32())) }
        if reader.acceptOpening(.refExtern) {
            if reader.isAtClose { return .reference(.external) }
            return .value(.externalReference(try reader.readUInt32()))
        }
        if acceptOpening(.refFunc) { return .reference(.function) }
        if acceptOpening(.refEq) { return .reference(.equatable) }
        if acceptOpening(.refI31) { return .reference(.i31) }
        if reader.acceptOpening(.refAny) { return .reference(.any) }
        if reader.acceptOpening(.refStruct) { return .reference(.structure) }
        if reader.acceptOpening(.refArray) { return .reference(.array) }
        if reader.acceptOpening(.refExn) { return .reference(.exception) }
        throw reader.unexpected("a result", at: reader.position + (reader.isAtOpen ? 1 : 0))
    }
}

/// Finds the lines of ascending offsets in one walk over the text.
private struct LineCounter {
    private let text: [UInt8]
    private var offset = 0
    private var line = 1

    init(_ text: [UInt8]) {
        self.text = text
    }

    mutating func line(of target: Int) -> Int {
        while offset < target {
            let byte = text[offset]
            offset += 1
            if byte == 0x0A || byte == 0x0D && !(offset < text.count && text[offset] == 0x0A) { line += 1 }
        }
        return line
    }
}
