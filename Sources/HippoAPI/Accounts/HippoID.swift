import Cryptography

/// How Hippo's API names a thing: a UUID in lower-case letters.
package struct HippoID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// What an ID can be of.
    enum Kind: String {
        case app, channel, revision, variable
    }

    /// The ID that follows from a thing's names. So nobody has to keep it, and it is the same in each run.
    ///
    /// Apps, channels and revisions are views of what the store has, which knows them by their names. Version 8 of RFC 9562 is
    /// for IDs that are made in a way of one's own.
    init(of kind: Kind, _ names: String...) {
        var hash = SHA256()
        hash.update(kind.rawValue.utf8)
        for name in names {
            // No name has this byte in it, so that no two lists of names are one text.
            hash.update([0])
            hash.update(name.utf8)
        }
        self.init(bytes: Array(hash.finalize().bytes.prefix(16)), version: 8)
    }

    /// An ID that nothing else has.
    static func random() -> HippoID {
        var generator = SystemRandomNumberGenerator()
        return HippoID(bytes: (0..<16).map { _ in UInt8.random(in: 0 ... .max, using: &generator) }, version: 4)
    }

    private init(bytes: [UInt8], version: UInt8) {
        var bytes = bytes
        bytes[6] = bytes[6] & 0x0F | version << 4
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text += [digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
        }
        description = String(decoding: text, as: UTF8.self)
    }

    /// Reads a UUID, in letters of any case; `nil` for any other text.
    package init?(_ text: some StringProtocol) {
        let text = text.lowercased()
        guard text.utf8.count == 36 else { return nil }
        for (index, byte) in text.utf8.enumerated() {
            let isDigit = (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
            guard [8, 13, 18, 23].contains(index) ? byte == UInt8(ascii: "-") : isDigit else { return nil }
        }
        description = text
    }
}
