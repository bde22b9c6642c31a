package import ComponentModel

/// A call of an exported function as people write it: `f(1, "a", [2])`, or `ns:pkg/interface.f(…)` where several instances
/// export one of the name.
package struct Invocation: Sendable {
    /// The interface, as `ns:pkg/interface` with or without a version, or the name of an exported instance.
    package let interface: String?
    package let function: String
    private let text: String

    /// Reads the name; the arguments are read when their types are known.
    package init(parsing text: String) throws(WAVEError) {
        guard let parenthesis = text.firstIndex(of: "(") else {
            throw WAVEError(message: "the arguments are missing: '\(text)()' calls without any", column: text.count + 1)
        }
        let name = text[..<parenthesis].trimmingSpaces
        guard !name.isEmpty else { throw WAVEError(message: "the name of a function is missing", column: 1) }
        // A version has points of its own: it stands behind the interface or behind the function.
        let version = name.firstIndex(of: "@")
        let unversioned = version.map { name[..<$0] } ?? name
        if let point = unversioned.firstIndex(of: ".") {
            let suffix = version.map { String(name[$0...]) } ?? ""
            interface = String(unversioned[..<point]) + suffix
            function = String(unversioned[unversioned.index(after: point)...])
        } else if let version, let point = Self.endOfVersion(name[version...]) {
            interface = String(name[..<point])
            function = String(name[name.index(after: point)...])
        } else {
            interface = nil
            function = String(name)
        }
        self.text = text
    }

    /// The point behind `@1.2.3`, which is the third.
    private static func endOfVersion(_ text: Substring) -> Substring.Index? {
        text.indices.filter { text[$0] == "." }.dropFirst(2).first
    }

    /// Whether an exported instance is the one that is meant: without a version, any is.
    package func names(interface name: String) -> Bool {
        guard let interface else { return true }
        return name == interface || name.prefix { $0 != "@" } == interface
    }

    /// The values of the arguments. Those at the end that are options may be left out.
    package func arguments(_ parameters: [ValueType.Field]) throws(WAVEError) -> [Value] {
        var parser = try Parser(
            String(text.map { $0 }.enumerated().map { $0.offset < nameCount ? " " : $0.element }))
        try parser.expect("(", "before the arguments")
        var values: [Value] = []
        try parser.elements(until: ")") { (parser) throws(WAVEError) in
            guard values.count < parameters.count else {
                throw parser.error("'\(function)' takes \(Self.count(parameters))")
            }
            values.append(try parser.value(of: parameters[values.count].type))
        }
        guard parser.next.kind == .end else { throw parser.error("the call ends before \(parser.next.name)") }
        while values.count < parameters.count, case .option = parameters[values.count].type.kind {
            values.append(.none)
        }
        guard values.count == parameters.count else {
            throw WAVEError(
                message: "'\(function)' takes \(Self.count(parameters)), and \(values.count) are given",
                column: text.count)
        }
        return values
    }

    /// The number of characters before the arguments.
    private var nameCount: Int { text.prefix { $0 != "(" }.count }

    private static func count(_ parameters: [ValueType.Field]) -> String {
        let names = parameters.map { "\($0.label): \($0.type)" }.joined(separator: ", ")
        return parameters.isEmpty
            ? "no arguments" : "\(parameters.count) argument\(parameters.count == 1 ? "" : "s") (\(names))"
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        let start = drop { $0 == " " }
        return start.prefix(start.count - start.reversed().prefix { $0 == " " }.count)
    }
}
