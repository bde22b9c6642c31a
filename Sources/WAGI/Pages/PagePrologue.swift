/// Finds the place in an HTML document, as it streams by, where an element can be put in front of everything without
/// changing what the document means: behind white space, comments and the document type.
///
/// It reads as far as the parser's insertion modes "initial" and "before html" do (HTML standard, 13.2.6.4): an element
/// in front of the document type would put the page into quirks mode. Behind it, the parser makes `html` and `head` for
/// the element, and takes the attributes of the page's own `html` over.
struct PagePrologue {
    private enum State {
        /// Between comments and the like; `held` may be the beginning of one.
        case between
        /// Within `<!--`, so many dashes being the last that was read, at the beginning or not.
        case comment(dashes: Int, isEmpty: Bool, hasMark: Bool)
        /// Within what ends at the next `>` and is no element.
        case bogusComment
        case documentType
    }

    private var state = State.between
    private var isAtStart = true
    private var hasDocumentType = false
    /// Bytes that were not passed on, because the place may be in front of them.
    private(set) var held: [UInt8] = []

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let documentTypeStart = Array("<!doctype".utf8)

    /// Whether a document that begins with these bytes is text in which ASCII is not one byte a character, so that
    /// nothing in ASCII can be put into it.
    static func isWide(_ beginning: some Collection<UInt8>) -> Bool {
        guard let first = beginning.first else { return false }
        // The byte order marks of UTF-16, and the first byte of one.
        return first == 0xFE || first == 0xFF
    }

    /// Takes the next bytes. To be called until the place is found.
    ///
    /// - Parameter output: gets the bytes that come before the place, as far as that is certain.
    /// - Returns: `nil` if more bytes are needed; else the number of bytes that are dealt with: what follows the place is
    ///   `held`, then the rest of `bytes`.
    mutating func scan(_ bytes: UnsafeRawBufferPointer, passing output: inout [UInt8]) -> Int? {
        for (index, byte) in bytes.enumerated() {
            switch state {
            case .between:
                held.append(byte)
                guard let isPrologue = judge() else { continue }
                guard isPrologue else { return index + 1 }
                output += held
                held = []
            case .comment(let dashes, let isEmpty, let hasMark):
                output.append(byte)
                state = Self.comment(after: byte, dashes: dashes, isEmpty: isEmpty, hasMark: hasMark)
            case .bogusComment:
                output.append(byte)
                if byte == UInt8(ascii: ">") { state = .between }
            case .documentType:
                output.append(byte)
                if byte == UInt8(ascii: ">") {
                    state = .between
                    hasDocumentType = true
                }
            }
            if hasDocumentType { return index + 1 }
        }
        return nil
    }

    /// Whether what is held back belongs in front of the place; `nil` if that cannot be said yet.
    private mutating func judge() -> Bool? {
        let isAtStart = isAtStart
        if isAtStart, held[0] == Self.byteOrderMark[0] {
            guard Self.byteOrderMark.starts(with: held) else { return false }
            if held.count < Self.byteOrderMark.count { return nil }
            self.isAtStart = false
            return true
        }
        self.isAtStart = false
        switch held[0] {
        case 0x09, 0x0A, 0x0C, 0x0D, 0x20: return true
        case UInt8(ascii: "<"): break
        default: return false
        }
        guard held.count > 1 else { return nil }
        switch held[1] {
        case UInt8(ascii: "?"):
            state = .bogusComment
            return true
        case UInt8(ascii: "/"):
            // An end tag is the parser's affair; what only looks like one is a comment.
            guard held.count > 2 else { return nil }
            guard !Self.isLetter(held[2]) else { return false }
            if held[2] != UInt8(ascii: ">") { state = .bogusComment }
            return true
        case UInt8(ascii: "!"):
            return judgeDeclaration()
        default:
            return false
        }
    }

    private mutating func judgeDeclaration() -> Bool? {
        guard held.count > 2 else { return nil }
        let last = held[held.count - 1]
        if held.count == 3, last == UInt8(ascii: "-") { return nil }
        if held.count == 4, held[2] == UInt8(ascii: "-"), last == UInt8(ascii: "-") {
            state = .comment(dashes: 0, isEmpty: true, hasMark: false)
            return true
        }
        let lowercased = held.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 + 32 : $0 }
        if Self.documentTypeStart.starts(with: lowercased) {
            guard held.count == Self.documentTypeStart.count else { return nil }
            state = .documentType
            return true
        }
        if !held.contains(UInt8(ascii: ">")) { state = .bogusComment }
        return true
    }

    /// The state behind a byte of a comment, which `-->` and `--!>` end, and `>` and `->` at its very beginning.
    private static func comment(after byte: UInt8, dashes: Int, isEmpty: Bool, hasMark: Bool) -> State {
        switch byte {
        case UInt8(ascii: ">") where dashes >= 2 || isEmpty: .between
        case UInt8(ascii: "-"):
            .comment(dashes: hasMark ? 1 : dashes + 1, isEmpty: isEmpty && dashes == 0, hasMark: false)
        case UInt8(ascii: "!") where dashes >= 2 && !hasMark: .comment(dashes: dashes, isEmpty: false, hasMark: true)
        default: .comment(dashes: 0, isEmpty: false, hasMark: false)
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
