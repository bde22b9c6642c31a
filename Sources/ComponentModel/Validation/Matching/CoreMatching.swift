import WebAssembly

/// Whether what a core module gets is what it imports (WebAssembly specification, "Import Matching"), and why not.
enum CoreMatching {
    /// What is wrong with something of type `actual` where `expected` is asked for; `nil` if nothing is.
    static func mismatch(_ actual: ExternalType, _ expected: ExternalType) -> String? {
        guard !actual.isSubtype(of: expected) else { return nil }
        switch (actual, expected) {
        case (.function(let actual), .function(let expected)):
            return "expected: \(text(expected)), found: \(text(actual))"
        case (.table(let actual), .table(let expected)):
            if actual.element != expected.element {
                return "expected table element type \(expected.element), found \(actual.element)"
            }
            return actual.addressType == expected.addressType
                ? "mismatch in table limits: expected \(expected.limits), found \(actual.limits)"
                : "mismatch in the address type of tables"
        case (.memory(let actual), .memory(let expected)):
            if actual.isShared != expected.isShared { return "mismatch in the shared flag for memories" }
            return actual.addressType == expected.addressType
                ? "mismatch in memory limits: expected \(expected.limits), found \(actual.limits)"
                : "mismatch in the address type of memories"
        case (.global(let actual), .global(let expected)):
            return actual.isMutable == expected.isMutable
                ? "expected global type \(expected.valueType), found \(actual.valueType)"
                : "mismatch in the mutability of globals"
        case (.tag(let actual), .tag(let expected)):
            return "expected: \(text(expected.type)), found: \(text(actual.type))"
        default:
            return "expected \(expected.noun), found \(actual.noun)"
        }
    }

    private static func text(_ type: CanonicalType) -> String {
        guard let function = type.functionType else { return type.description }
        let parameters =
            function.parameters.isEmpty
            ? "" : " (param \(function.parameters.map(\.description).joined(separator: " ")))"
        let results =
            function.results.isEmpty ? "" : " (result \(function.results.map(\.description).joined(separator: " ")))"
        return "(func\(parameters)\(results))"
    }
}

extension ExternalType {
    /// What it is called in messages.
    var noun: String { kind == .function ? "func" : "\(kind)" }

}
