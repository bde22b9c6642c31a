package import Content

/// A pattern for paths below a directory: `*` and `?` within a component, `[abc]`, `[!a-z]`, and `**` as a whole
/// component for any number of directories (at the end: for everything below).
///
/// A pattern is matched component by component, so that a walk of a directory tree can carry along what it has matched
/// so far and leave out the directories that the pattern cannot reach.
package struct GlobPattern: Hashable, Sendable, CustomStringConvertible {
    /// A pattern that means nothing.
    package struct Invalid: Error, Hashable, CustomStringConvertible {
        package let pattern: String
        package let reason: String

        package var description: String { "invalid pattern '\(pattern)': \(reason)" }
    }

    private enum Component: Hashable {
        case literal([UInt8])
        /// `*`, the most frequent wildcard.
        case anything
        case wildcard([Element])
        case anyDirectories
    }

    private enum Element: Hashable {
        case byte(UInt8)
        case anyScalar
        case anyScalars
        case set([ClosedRange<UInt32>], isNegated: Bool)
    }

    package let description: String
    private let components: [Component]

    /// Reads a pattern; its components are separated by `/`, and `.` components count for nothing.
    package init(_ pattern: String) throws(Invalid) {
        guard !pattern.isEmpty else { throw Invalid(pattern: pattern, reason: "it is empty") }
        guard pattern.utf8.first != UInt8(ascii: "/") else {
            throw Invalid(pattern: pattern, reason: "it begins with '/', but patterns are relative to the project")
        }
        guard pattern.utf8.first != UInt8(ascii: "!") else {
            throw Invalid(
                pattern: pattern,
                reason: "it begins with '!', which takes nothing back here: what is to be left out stands in "
                    + "exclude = [...], in [files] of hippo-dev.toml")
        }
        var components: [Component] = []
        // Not by characters: a mark that combines with what is before it may follow a slash.
        for part in pattern.utf8.split(separator: UInt8(ascii: "/")).map(Substring.init) {
            if part.utf8.elementsEqual(".".utf8) { continue }
            guard !part.utf8.elementsEqual("..".utf8) else {
                throw Invalid(
                    pattern: pattern,
                    reason: "'..' would leave the project: let the build command copy the file into it")
            }
            let component = try Self.component(part, of: pattern)
            // `**/**` means what `**` means.
            if component == .anyDirectories && components.last == .anyDirectories { continue }
            components.append(component)
        }
        guard !components.isEmpty else { throw Invalid(pattern: pattern, reason: "it names no file") }
        // At the end, `**` means what `**/*` means.
        if components.last == .anyDirectories { components.append(.anything) }
        guard components.count < States.capacity else {
            throw Invalid(pattern: pattern, reason: "it has more than \(States.capacity - 1) components")
        }
        self.description = pattern
        self.components = components
    }

    /// Whether the name of what it takes is written in it, without a wildcard.
    package var namesFile: Bool {
        if case .literal? = components.last { true } else { false }
    }

    /// The components before the first wildcard: the directory in which all matches are, unless the pattern is literal.
    package var literalPrefix: [String] {
        var names: [String] = []
        for component in components {
            guard case .literal(let name) = component else { break }
            names.append(String(decoding: name, as: UTF8.self))
        }
        return names
    }

    /// True if the pattern takes the path.
    package func matches(_ path: RelativePath) -> Bool {
        path.withUTF8 { isMatch(states(after: $0)) }
    }

    /// True if the pattern takes the path, or a directory on the way to it.
    package func takes(_ path: RelativePath) -> Bool {
        path.withUTF8 { path in
            var states = initialStates
            var start = 0
            while !states.isEmpty {
                var end = start
                while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
                states = step(states, over: UnsafeBufferPointer(rebasing: path[start..<end]))
                if isMatch(states) { return true }
                if end == path.count { return false }
                start = end + 1
            }
            return false
        }
    }

    /// True if a path below the directory could match; `nil` is the root.
    package func mayMatch(below directory: RelativePath?) -> Bool {
        guard let directory else { return true }
        return directory.withUTF8 { mayMatch(below: states(after: $0)) }
    }

    /// Where matching stands after a path, whose components have "/" between them.
    func states(after path: UnsafeBufferPointer<UInt8>) -> States {
        var states = initialStates
        var start = 0
        while !states.isEmpty {
            var end = start
            while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
            states = step(states, over: UnsafeBufferPointer(rebasing: path[start..<end]))
            if end == path.count { break }
            start = end + 1
        }
        return states
    }

    // MARK: Matching by steps

    /// The components at which matching can stand, by their places; the place after the last component is a match.
    struct States: Hashable {
        static let capacity = 64
        fileprivate var bits: UInt64 = 0

        var isEmpty: Bool { bits == 0 }

        fileprivate func contains(_ place: Int) -> Bool { bits >> UInt64(place) & 1 == 1 }
        fileprivate mutating func insert(_ place: Int) { bits |= 1 << UInt64(place) }

        fileprivate var places: PlaceSequence { PlaceSequence(bits: bits) }

        fileprivate struct PlaceSequence: Sequence, IteratorProtocol {
            var bits: UInt64

            mutating func next() -> Int? {
                guard bits != 0 else { return nil }
                defer { bits &= bits - 1 }
                return bits.trailingZeroBitCount
            }
        }
    }

    /// Where matching begins, in the root.
    var initialStates: States {
        var states = States()
        insert(0, into: &states)
        return states
    }

    /// Where matching stands after one more component.
    func step(_ states: States, over name: UnsafeBufferPointer<UInt8>) -> States {
        var next = States()
        for place in states.places where place < components.count {
            switch components[place] {
            case .literal(let literal):
                if literal.count == name.count, literal.elementsEqual(name) { insert(place + 1, into: &next) }
            case .anything:
                insert(place + 1, into: &next)
            case .wildcard(let elements):
                if Self.matches(elements, name) { insert(place + 1, into: &next) }
            case .anyDirectories:
                insert(place, into: &next)
            }
        }
        return next
    }

    /// True if what was consumed is a match.
    func isMatch(_ states: States) -> Bool { states.contains(components.count) }

    /// True if something below what was consumed may be a match.
    func mayMatch(below states: States) -> Bool { states.bits & ~(1 << UInt64(components.count)) != 0 }

    /// The only names that can lead on, or nil when a wildcard is to be matched.
    func literalNames(in states: States) -> [[UInt8]]? {
        var names: [[UInt8]] = []
        for place in states.places where place < components.count {
            guard case .literal(let name) = components[place] else { return nil }
            names.append(name)
        }
        return names
    }

    /// `**` stands for no directory too.
    private func insert(_ place: Int, into states: inout States) {
        states.insert(place)
        if place < components.count, components[place] == .anyDirectories { states.insert(place + 1) }
    }

    // MARK: Identity

    /// By bytes, as names are compared.
    package static func == (left: GlobPattern, right: GlobPattern) -> Bool {
        left.description.utf8.elementsEqual(right.description.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(description)
    }

    // MARK: Reading

    private static func component(_ part: Substring, of pattern: String) throws(Invalid) -> Component {
        if part.utf8.elementsEqual("**".utf8) { return .anyDirectories }
        if part.utf8.elementsEqual("*".utf8) { return .anything }
        let star = UInt8(ascii: "*")
        guard !zip(part.utf8, part.utf8.dropFirst()).contains(where: { $0 == star && $1 == star }) else {
            throw Invalid(pattern: pattern, reason: "'**' must be a whole component, as in 'assets/**/*'")
        }
        guard part.utf8.contains(where: { "*?[".utf8.contains($0) }) else { return .literal(Array(part.utf8)) }
        var elements: [Element] = []
        var scalars = part.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "*": elements.append(.anyScalars)
            case "?": elements.append(.anyScalar)
            case "[": elements.append(try set(&scalars, of: pattern))
            default: elements += String(scalar).utf8.map { .byte($0) }
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
        var ranges: [ClosedRange<UInt32>] = []
        while let low = scalars.popFirst() {
            // A bracket that comes first stands for itself.
            if low == "]" && !ranges.isEmpty { return .set(ranges, isNegated: isNegated) }
            if scalars.first == "-", let high = scalars.dropFirst().first, high != "]" {
                scalars.removeFirst(2)
                guard low <= high else {
                    throw Invalid(pattern: pattern, reason: "the range '\(low)-\(high)' is empty")
                }
                ranges.append(low.value...high.value)
            } else {
                ranges.append(low.value...low.value)
            }
        }
        throw Invalid(pattern: pattern, reason: "'[' is not closed")
    }

    // MARK: Matching one component

    /// On a mismatch, only the last `*` needs to take one byte more. (It may then stop amid a scalar's bytes, where no
    /// element but the same bytes of the pattern can go on.)
    private static func matches(_ elements: [Element], _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        var element = 0
        var position = 0
        var lastStar: (element: Int, position: Int)?
        while position < name.count {
            if element < elements.count, elements[element] == .anyScalars {
                lastStar = (element, position)
                element += 1
            } else if element < elements.count,
                let length = Self.matchLength(elements[element], name, at: position)
            {
                element += 1
                position += length
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

    /// How many bytes the element takes at `position`, or nil when it does not match there.
    private static func matchLength(
        _ element: Element, _ name: UnsafeBufferPointer<UInt8>, at position: Int
    ) -> Int? {
        switch element {
        case .byte(let byte): return name[position] == byte ? 1 : nil
        case .anyScalars: return nil
        case .anyScalar: return scalar(name, at: position)?.length
        case .set(let ranges, let isNegated):
            guard let (value, length) = scalar(name, at: position) else { return nil }
            return ranges.contains { $0.contains(value) } != isNegated ? length : nil
        }
    }

    /// The scalar that begins at `position`; nil amid one. A byte that is not UTF-8 counts as one that no set names.
    private static func scalar(
        _ name: UnsafeBufferPointer<UInt8>, at position: Int
    ) -> (value: UInt32, length: Int)? {
        let lead = name[position]
        if lead < 0x80 { return (UInt32(lead), 1) }
        let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0
        if length == 0 { return nil }
        guard position + length <= name.count else { return (.max, 1) }
        var value = UInt32(lead) & (0xFF >> UInt32(length + 1))
        for index in position + 1..<position + length {
            guard name[index] & 0xC0 == 0x80 else { return (.max, 1) }
            value = value << 6 | UInt32(name[index] & 0x3F)
        }
        return (value, length)
    }
}
