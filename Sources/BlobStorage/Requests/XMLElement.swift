/// An element of a short XML document, as services answer in: its text and the elements in it. Attributes, comments and
/// namespaces are passed over, and a document type is refused.
struct XMLElement: Hashable, Sendable {
    let name: String
    fileprivate(set) var text = ""
    fileprivate(set) var children: [XMLElement] = []

    /// The first element of a name in this one.
    subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// Elements in elements, at most.
    private static let depthLimit = 32

    /// Reads a document; `nil` if it is none.
    init?(parsing bytes: [UInt8]) {
        guard var reader = String(validating: bytes, as: UTF8.self).map({ XMLReader($0) }),
            let element = reader.document(depthLimit: Self.depthLimit)
        else { return nil }
        self = element
    }

    fileprivate init(name: String) { self.name = name }
}

/// Reads the text of a document once, from its beginning to its end.
private struct XMLReader {
    private var rest: Substring

    init(_ text: String) {
        rest = text[...]
        _ = skip("\u{FEFF}")
    }

    mutating func document(depthLimit: Int) -> XMLElement? {
        guard skipMarkup(), let element = element(depthLimit), skipMarkup(), rest.isEmpty else { return nil }
        return element
    }

    private mutating func element(_ depthLimit: Int) -> XMLElement? {
        guard depthLimit > 0, skip("<") else { return nil }
        let tag = until(">")
        guard let tag, let name = tag.split(whereSeparator: { $0.isWhitespace || $0 == "/" }).first,
            tag.first?.isWhitespace == false, name.first != "!", name.first != "/"
        else { return nil }
        var element = XMLElement(name: String(name))
        if tag.last == "/" { return element }
        while !rest.isEmpty {
            if skip("</") {
                guard let end = until(">"), end.split(whereSeparator: \.isWhitespace).first == name else { return nil }
                return element
            } else if skip("<![CDATA[") {
                guard let text = until("]]>") else { return nil }
                element.text += text
            } else if rest.hasPrefix("<!--") || rest.hasPrefix("<?") {
                guard skipComment() else { return nil }
            } else if rest.first == "<" {
                guard let child = self.element(depthLimit - 1) else { return nil }
                element.children.append(child)
            } else {
                let text = rest.prefix { $0 != "<" }
                rest = rest[text.endIndex...]
                guard let decoded = Self.decode(text) else { return nil }
                element.text += decoded
            }
        }
        return nil
    }

    /// Skips white space, comments and instructions.
    private mutating func skipMarkup() -> Bool {
        while true {
            rest = rest.drop(while: \.isWhitespace)
            guard rest.hasPrefix("<?") || rest.hasPrefix("<!--") else { return !rest.hasPrefix("<!") }
            guard skipComment() else { return false }
        }
    }

    private mutating func skipComment() -> Bool {
        if skip("<?") { return until("?>") != nil }
        return skip("<!--") && until("-->") != nil
    }

    private mutating func skip(_ text: String) -> Bool {
        guard rest.hasPrefix(text) else { return false }
        rest = rest.dropFirst(text.count)
        return true
    }

    /// The text before a mark, which is skipped, too.
    private mutating func until(_ mark: String) -> Substring? {
        guard let range = rest.firstRange(of: mark) else { return nil }
        defer { rest = rest[range.upperBound...] }
        return rest[..<range.lowerBound]
    }

    private static func decode(_ text: Substring) -> String? {
        guard text.contains("&") else { return String(text) }
        var decoded = ""
        var rest = text
        while let start = rest.firstIndex(of: "&") {
            guard let end = rest[start...].firstIndex(of: ";") else { return nil }
            decoded += rest[..<start]
            guard let character = character(rest[rest.index(after: start)..<end]) else { return nil }
            decoded.append(character)
            rest = rest[rest.index(after: end)...]
        }
        return decoded + rest
    }

    private static func character(_ name: Substring) -> Character? {
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard name.first == "#" else { return nil }
            let digits = name.dropFirst()
            let number = digits.first == "x" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            return number.flatMap { Unicode.Scalar($0) }.map { Character($0) }
        }
    }
}
