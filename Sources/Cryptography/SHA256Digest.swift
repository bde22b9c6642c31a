/// The 32 bytes that SHA-256 makes of a message.
package struct SHA256Digest: Hashable, Sendable {
    /// The digest as eight words. The first holds the first four bytes, most significant byte first.
    package let words: SIMD8<UInt32>

    package init(words: SIMD8<UInt32>) {
        self.words = words
    }

    /// Takes a digest's 32 bytes; `nil` when there are more or fewer.
    ///
    /// Inlined into its callers: as a generic function of another module it took a third of a start with 100,000 files.
    @inlinable
    package init?(bytes: some Collection<UInt8>) {
        guard let digest = bytes.withContiguousStorageIfAvailable({ Self(buffer: $0) }) else {
            self.init(buffer: Array(bytes))
            return
        }
        guard let digest else { return nil }
        self = digest
    }

    @usableFromInline
    init?(buffer bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count == 32, let start = bytes.baseAddress else { return nil }
        let source = UnsafeRawPointer(start)
        var words = SIMD8<UInt32>()
        for index in 0..<8 {
            words[index] = UInt32(bigEndian: source.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
        }
        self.words = words
    }

    @usableFromInline
    init?(buffer bytes: [UInt8]) {
        guard let digest = bytes.withUnsafeBufferPointer({ Self(buffer: $0) }) else { return nil }
        self = digest
    }

    /// Reads 64 lower-case hexadecimal digits; `nil` when `text` is anything else.
    package init?(hex text: String) {
        var text = text
        guard let words = text.withUTF8({ Self.words(ofHex: $0) }) else { return nil }
        self.words = words
    }

    private static func words(ofHex text: UnsafeBufferPointer<UInt8>) -> SIMD8<UInt32>? {
        guard text.count == 64 else { return nil }
        var words = SIMD8<UInt32>()
        for index in 0..<8 {
            var word: UInt32 = 0
            for character in text[index * 8..<index * 8 + 8] {
                switch character {
                case 0x30...0x39: word = word << 4 | UInt32(character - 0x30)
                case 0x61...0x66: word = word << 4 | UInt32(character - 0x61 + 10)
                default: return nil
                }
            }
            words[index] = word
        }
        return words
    }

    package var bytes: [UInt8] {
        (0..<32).map { UInt8(truncatingIfNeeded: words[$0 / 4] >> UInt32(24 - $0 % 4 * 8)) }
    }

    /// 64 lower-case hexadecimal digits.
    package var hex: String {
        String(unsafeUninitializedCapacity: 64) { text in
            for index in 0..<64 {
                let digit = UInt8(truncatingIfNeeded: words[index / 8] >> UInt32(28 - index % 8 * 4)) & 0xF
                text[index] = digit < 10 ? 0x30 + digit : 0x61 + digit - 10
            }
            return 64
        }
    }
}

extension SHA256Digest: CustomStringConvertible {
    package var description: String { hex }
}
