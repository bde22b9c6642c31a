/// A validator of a representation (RFC 9110 section 8.8.3).
struct EntityTag: Equatable {
    /// The text between the quotes.
    let opaque: String
    let isWeak: Bool

    init(opaque: String, isWeak: Bool) {
        self.opaque = opaque
        self.isWeak = isWeak
    }

    /// As a header field writes it.
    var text: String { (isWeak ? "W/\"" : "\"") + opaque + "\"" }

    func matchesStrongly(_ other: EntityTag) -> Bool { !isWeak && !other.isWeak && opaque == other.opaque }
    func matchesWeakly(_ other: EntityTag) -> Bool { opaque == other.opaque }

    /// The value of `If-Match` and `If-None-Match`.
    enum List {
        case any
        case tags([EntityTag])

        /// `nil` unless `text` is a list of tags or `*`.
        init?(_ text: String) {
            if text == "*" {
                self = .any
                return
            }
            var tags: [EntityTag] = []
            var rest = text.utf8[...]
            while true {
                rest = rest.drop { isBlank($0) || $0 == UInt8(ascii: ",") }
                if rest.isEmpty { break }
                guard let (tag, end) = EntityTag.parse(rest) else { return nil }
                tags.append(tag)
                rest = rest[end...].drop(while: isBlank)
                guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
            }
            self = .tags(tags)
        }

        func contains(where predicate: (EntityTag) -> Bool) -> Bool {
            switch self {
            case .any: true
            case .tags(let tags): tags.contains(where: predicate)
            }
        }
    }

    /// The single tag that `text` writes.
    init?(_ text: String) {
        guard let (tag, end) = Self.parse(text.utf8[...]), end == text.utf8.endIndex else { return nil }
        self = tag
    }

    private static func parse(_ text: Substring.UTF8View) -> (EntityTag, end: String.Index)? {
        var rest = text
        let isWeak = rest.starts(with: "W/".utf8)
        if isWeak { rest = rest.dropFirst(2) }
        guard rest.first == UInt8(ascii: "\"") else { return nil }
        rest = rest.dropFirst()
        guard let quote = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        guard let opaque = String(rest[..<quote]) else { return nil }
        return (EntityTag(opaque: opaque, isWeak: isWeak), rest.index(after: quote))
    }
}
