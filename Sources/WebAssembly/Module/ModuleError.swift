/// Why bytes are not a valid module.
package struct ModuleError: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The bytes do not follow the binary format.
        case malformed
        /// They do, but break a rule of validation.
        case invalid
        /// They go beyond a limit of this implementation.
        case unsupported
    }

    package let kind: Kind

    /// What is wrong, worded as in the specification's test suite where that has a wording.
    package let message: String

    /// Where in the binary, in bytes from its start.
    package let offset: Int

    /// The section it is in, as ``description`` names it, or `nil` outside of all sections.
    package let section: String?

    /// The function whose body it is in, by its index in the function index space.
    package let functionIndex: Int?

    /// The name of that function, if the name section has one.
    package let functionName: String?

    package init(
        kind: Kind, message: String, offset: Int, section: String? = nil, functionIndex: Int? = nil,
        functionName: String? = nil
    ) {
        self.kind = kind
        self.message = message
        self.offset = offset
        self.section = section
        self.functionIndex = functionIndex
        self.functionName = functionName
    }
}

extension ModuleError: CustomStringConvertible {
    package var description: String {
        var place = "at offset 0x\(String(offset, radix: 16))"
        if let functionIndex {
            place += ", in function \(functionIndex)"
            if let functionName { place += " (\(functionName))" }
        } else if let section {
            place += ", in the \(section) section"
        }
        let what =
            switch kind {
            case .malformed: "malformed module"
            case .invalid: "invalid module"
            case .unsupported: "unsupported module"
            }
        return "\(what) \(place): \(message)"
    }
}
