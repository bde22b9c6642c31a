import WebAssembly

/// A module as it stands in a text: in one of its written forms. Only its extent has been found yet.
struct ModuleText {
    enum Form {
        /// Fields between these tokens.
        case fields(Range<Int>)
        /// `binary "…"*`: the strings are the binary format.
        case binary([UInt8])
        /// `quote "…"*`: the strings are a text of its own.
        case quote([UInt8])
    }

    /// The identifier's symbol.
    let symbol: UInt32?
    let form: Form

    private init(symbol: UInt32?, form: Form) {
        self.symbol = symbol
        self.form = form
    }

    /// Reads `(module id? …)`, or the fields of a module that stand alone up to the end of the text.
    static func read(_ reader: inout TokenReader) throws(SyntaxError) -> ModuleText {
        if reader.acceptOpening(.module) {
            return try readRest(&reader, end: reader.closing(of: reader.position - 2))
        }
        let start = reader.position
        while reader.isAtOpen { reader.position = reader.closing(of: reader.position) + 1 }
        return ModuleText(symbol: nil, form: .fields(start..<reader.position))
    }

    /// Reads `id? …)`, where the closing parenthesis is the token at `end`.
    static func readRest(_ reader: inout TokenReader, end: Int) throws(SyntaxError) -> ModuleText {
        let symbol = reader.acceptIdentifier()
        let form: Form
        if reader.isAt(.binary) || reader.isAt(.quote) {
            let isBinary = reader.isAt(.binary)
            reader.advance()
            var bytes: [UInt8] = []
            while !reader.isAtClose { try reader.readString(into: &bytes) }
            form = isBinary ? .binary(bytes) : .quote(bytes)
        } else {
            form = .fields(reader.position..<end)
        }
        reader.position = end + 1
        return ModuleText(symbol: symbol, form: form)
    }

    /// The token of the instruction that has a byte of the module in the binary format, if it is in a function's body.
    func token(ofByteAt offset: Int, _ source: TokenizedSource, features: Features) throws(SyntaxError) -> Token? {
        guard case .fields(let fields) = form else { return nil }
        var assembler = ModuleAssembler(source, fields: fields, symbol: symbol, features: features)
        assembler.instructionPlaces = InstructionPlaces()
        _ = try assembler.assemble()
        return assembler.instructionPlaces?.token(ofByteAt: offset).map { assembler.reader.token(at: $0) }
    }

    /// The module in the binary format.
    func assemble(_ source: TokenizedSource, features: Features) throws(SyntaxError) -> [UInt8] {
        switch form {
        case .fields(let fields):
            var assembler = ModuleAssembler(source, fields: fields, symbol: symbol, features: features)
            return try assembler.assemble()
        case .binary(let bytes):
            return bytes
        case .quote(let text):
            let quoted = try Lexer.tokenize(text)
            var reader = TokenReader(quoted)
            let module = try ModuleText.read(&reader)
            guard reader.isAtEnd else { throw reader.unexpected("the end of the text") }
            if case .quote = module.form {
                throw SyntaxError(at: 0, "unexpected token: a quotation inside a quotation")
            }
            return try module.assemble(quoted, features: features)
        }
    }
}
