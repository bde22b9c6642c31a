/// A pattern for paths below a directory: `*` and `?` within a component, `[abc]`, `[!a-z]`, and `**` as a whole
/// component for any number of directories (at the end: for everything below).
public struct GlobPattern: Hashable, Sendable, CustomStringConvertible {
    /// A pattern that means nothing.
    public struct Invalid: Error, Hashable, CustomStringConvertible {
        public let pattern: String
        public let reason: String

        public var description: String { "invalid pattern '\(pattern)': \(reason)" }
    }

    private enum Component: Hashable {
        case literal(String)
        case wildcard([Element])
        case anyDirectories
    }

    private enum Element: Hashable {
        case scalar(Unicode.Scalar)
        case anyScalar
        case anyScalars
        case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
    }

    public let description: String
    private let components: [Component]

    /// Reads a pattern; its components are separated by `/`, and `.` components count for nothing.
    public init(_ pattern: String) throws(Invalid) {
        guard !pattern.isEmpty else { throw Invalid(pattern: pattern, reason: "it is empty") }
        guard !pattern.hasPrefix("/") else {
            throw Invalid(pattern: pattern, reason: "it begins with '/', but patterns are relative to the project")
        }
        var components: [Component] = []
        for part in pattern.split(separator: "/") where part != "." {
            guard part != ".." else { throw Invalid(pattern: pattern, reason: "'..' would leave the project") }
            let component = try Self.component(part, of: pattern)
            // `**/**` means what `**` means.
            if component == .anyDirectories && components.last == .anyDirectories { continue }
            components.append(component)
        }
        guard !components.isEmpty else { throw Invalid(pattern: pattern, reason: "it names no file") }
        self.description = pattern
        self.components = components
    }

    /// The path itself, if the pattern has no wildcard and so names one path only.
    public var literalPath: String? {
        var names: [String] = []
        for component in components {
            guard case .literal(let name) = component else { return nil }
            names.append(name)
        }
        return names.joined(separator: "/")
    }

    /// The components before the first wildcard: the directory in which all matches are, unless the pattern is literal.
    public var literalPrefix: [String] {
        var names: [String] = []
        for component in components {
            guard case .literal(let name) = component else { break }
            names.append(name)
        }
        return names
    }

    /// True if the pattern takes the path, which is relative, with `/` between its components.
    public func matches(_ path: String) -> Bool {
        matches(path.split(separator: "/"))
    }

    /// True if the pattern takes the path with these components.
    public func matches(_ path: [Substring]) -> Bool {
        states(after: path).contains(components.count)
    }

    /// True if a path below the directory with these components could match. An empty path is the root.
    public func mayMatch(below directory: [Substring]) -> Bool {
        states(after: directory).contains { $0 < components.count || components.last == .anyDirectories }
    }

    /// The positions in `components` at which matching can stand once `path` is consumed.
    private func states(after path: [Substring]) -> Set<Int> {
        var states: Set<Int> = [0]
        skipDirectories(&states)
        for name in path {
            var next: Set<Int> = []
            for state in states {
                guard state < components.count else {
                    // Past a `**` at the end, everything below matches.
                    if components.last == .anyDirectories { next.insert(state) }
                    continue
                }
                switch components[state] {
                case .literal(let literal):
                    if literal == name { next.insert(state + 1) }
                case .wildcard(let elements):
                    if Self.matches(elements, name) { next.insert(state + 1) }
                case .anyDirectories:
                    next.insert(state == components.count - 1 ? state + 1 : state)
                }
            }
            skipDirectories(&next)
            states = next
            if states.isEmpty { break }
        }
        return states
    }

    /// `**` in the middle stands for no directory too.
    private func skipDirectories(_ states: inout Set<Int>) {
        for state in states where state < components.count - 1 && components[state] == .anyDirectories {
            states.insert(state + 1)
        }
    }

    private static func component(_ part: Substring, of pattern: String) throws(Invalid) -> Component {
        if part == "**" { return .anyDirectories }
        guard !part.contains("**") else {
            throw Invalid(pattern: pattern, reason: "'**' must be a whole component, as in 'assets/**/*'")
        }
        guard part.contains(where: { "*?[".contains($0) }) else { return .literal(String(part)) }
        var elements: [Element] = []
        var scalars = part.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "*": elements.append(.anyScalars)
            case "?": elements.append(.anyScalar)
            case "[": elements.append(try set(&scalars, of: pattern))
            default: elements.append(.scalar(scalar))
            }
        }
        return .wildcard(elements)
    }

    private static func set(
        _ scalars: inout Substring.UnicodeScalarView, of pattern: String
    ) throws(Invalid) -> Element {
        var isNegated = false
        if scalars.first == "!" {
            isNegated = true
            scalars.removeFirst()
        }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while let low = scalars.popFirst() {
            // A bracket that comes first stands for itself.
            if low == "]" && !ranges.isEmpty { return .set(ranges, isNegated: isNegated) }
            if scalars.first == "-", let high = scalars.dropFirst().first, high != "]" {
                scalars.removeFirst(2)
                guard low <= high else { throw Invalid(pattern: pattern, reason: "the range '\(low)-\(high)' is empty") }
                ranges.append(low...high)
            } else {
                ranges.append(low...low)
            }
        }
        throw Invalid(pattern: pattern, reason: "'[' is not closed")
    }

    /// Matches one component. On a mismatch, only the last `*` needs to take one scalar more.
    private static func matches(_ elements: [Element], _ name: Substring) -> Bool {
        let scalars = Array(name.unicodeScalars)
        var element = 0
        var position = 0
        var lastStar: (element: Int, position: Int)?
        while position < scalars.count {
            if element < elements.count, elements[element] == .anyScalars {
                lastStar = (element, position)
                element += 1
            } else if element < elements.count, Self.matches(elements[element], scalars[position]) {
                element += 1
                position += 1
            } else if let star = lastStar {
                element = star.element + 1
                position = star.position + 1
                lastStar = (star.element, position)
            } else {
                return false
            }
        }
        return elements[element...].allSatisfy { $0 == .anyScalars }
    }

    private static func matches(_ element: Element, _ scalar: Unicode.Scalar) -> Bool {
        switch element {
        case .scalar(let expected): expected == scalar
        case .anyScalar: true
        case .anyScalars: false
        case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
        }
    }
}
