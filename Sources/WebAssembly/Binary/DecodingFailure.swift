/// A broken rule and where it is broken, before it is known what to say of the surroundings.
///
/// Small, because it travels through the hot paths; ``ModuleError`` is made of it once.
struct DecodingFailure: Error {
    let kind: ModuleError.Kind
    let offset: Int
    let message: String

    static func malformed(_ message: String, at offset: Int) -> DecodingFailure {
        DecodingFailure(kind: .malformed, offset: offset, message: message)
    }

    static func invalid(_ message: String, at offset: Int) -> DecodingFailure {
        DecodingFailure(kind: .invalid, offset: offset, message: message)
    }

    static func unsupported(_ message: String, at offset: Int) -> DecodingFailure {
        DecodingFailure(kind: .unsupported, offset: offset, message: message)
    }
}
