/// Why bytes are not a valid component.
package struct ComponentError: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The bytes do not follow the binary format.
        case malformed
        /// They do, but break a rule of validation.
        case invalid
        /// They go beyond a limit of this implementation, or use a feature that it does not have.
        case unsupported
    }

    package let kind: Kind

    /// What is wrong, worded as in the component model's test suite where that has a wording.
    package let message: String

    /// Where in the outermost component's binary, in bytes from its start, even if it is within a core module.
    package let offset: Int

    /// What it is in, the innermost first: `the import section`, `component 1`. Empty if that is not known.
    package let place: [String]

    package init(kind: Kind, message: String, offset: Int, place: [String] = []) {
        self.kind = kind
        self.message = message
        self.offset = offset
        self.place = place
    }
}

extension ComponentError: CustomStringConvertible {
    package var description: String {
        let what =
            switch kind {
            case .malformed: "malformed component"
            case .invalid: "invalid component"
            case .unsupported: "unsupported component"
            }
        let place = place.isEmpty ? "" : ", in " + place.joined(separator: " of ")
        return "\(what) at offset 0x\(String(offset, radix: 16))\(place): \(message)"
    }
}
