/// A broken rule and where it is broken, before it is known what to say of the surroundings.
///
/// Small, because it travels through the hot paths; a ``ModuleError``, or the error of a component, is made of it once.
package struct DecodingFailure: Error {
    package let kind: ModuleError.Kind
    package let offset: Int
    package let message: String

    package init(kind: ModuleError.Kind, offset: Int, message: String) {
        self.kind = kind
        self.offset = offset
        self.message = message
    }

    package static func malformed(_ message: String, at offset: Int) -> DecodingFailure {
        DecodingFailure(kind: .malformed, offset: offset, message: message)
    }

    package static func invalid(_ message: String, at offset: Int) -> DecodingFailure {
        DecodingFailure(kind: .invalid, offset: offset, message: message)
    }

    package static func unsupported(_ message: String, at offset: Int) -> DecodingFailure {
        DecodingFailure(kind: .unsupported, offset: offset, message: message)
    }
}
