/// Why a text is no value, or none of the type that is wanted.
package struct WAVEError: Error, Hashable, Sendable, CustomStringConvertible {
    package let message: String
    /// Where in the text, counted in characters from 1.
    package let column: Int

    package var description: String { "column \(column): \(message)" }
}
