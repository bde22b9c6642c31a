package import WebAssembly

/// Translates a module from the text format to the binary format.
///
/// The text is either `(module …)` or just the fields of a module. It is checked as far as the text format goes:
/// tokens, grammar, identifiers, ranges of numbers. Whether the module is valid is for the binary format's reader to
/// say. The identifiers of the text, and the names its annotations give, go into a name section.
///
/// - Parameters:
///   - text: The text in UTF-8.
///   - features: What the text may use. It decides about little here, since all but the text itself is checked later:
///     without ``Features/memory64``, limits are numbers of 32 bits.
/// - Returns: The module in the binary format of WebAssembly 3.0, legacy exception handling and threads.
package func assemble(_ text: [UInt8], features: Features = .all) throws(TextFormatError) -> [UInt8] {
    do throws(SyntaxError) {
        let source = try Lexer.tokenize(text)
        var reader = TokenReader(source)
        if reader.isAtComponent {
            throw SyntaxError(
                at: reader.offset,
                "components in text format are not read here: 'wasm-tools parse FILE.wat -o FILE.wasm' makes a binary one"
            )
        }
        let module = try ModuleText.read(&reader)
        guard reader.isAtEnd else { throw reader.unexpected("the end of the text") }
        return try module.assemble(source, features: features)
    } catch {
        throw error.located(in: text)
    }
}

/// The place in a text of what is wrong with a function of the module that it was translated to.
///
/// - Parameters:
///   - error: An error in the module that `assemble` made of the text.
///   - features: As they were for `assemble`.
/// - Returns: `nil` if it is in no function's body.
package func locate(_ error: ModuleError, in text: [UInt8], features: Features = .all) -> TextFormatError? {
    guard error.functionIndex != nil else { return nil }
    return try? { () throws(SyntaxError) -> TextFormatError? in
        let source = try Lexer.tokenize(text)
        var reader = TokenReader(source)
        let module = try ModuleText.read(&reader)
        guard let token = try module.token(ofByteAt: error.offset, source, features: features) else { return nil }
        return SyntaxError(at: token.start, error.message).located(in: text)
    }()
}

/// Translates a module from the text format to the binary format; see ``assemble(_:features:)-([UInt8],_)``.
package func assemble(_ text: String, features: Features = .all) throws(TextFormatError) -> [UInt8] {
    try assemble(Array(text.utf8), features: features)
}
