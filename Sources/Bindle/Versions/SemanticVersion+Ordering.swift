extension SemanticVersion {
    /// Bytes whose order is that of the versions, for tables that can only sort bytes. Equal versions have equal bytes, and
    /// others have not.
    var orderingBytes: [UInt8] {
        var bytes: [UInt8] = []
        for number in [major, minor, patch] { Self.append(number, to: &bytes) }
        if prerelease.isEmpty {
            // Behind every pre-release.
            bytes.append(Mark.release)
        } else {
            for identifier in prerelease {
                switch identifier {
                case .numeric(let digits):
                    // Without leading zeros, more digits are more.
                    bytes.append(Mark.number)
                    Self.append(UInt64(digits.utf8.count), to: &bytes)
                    bytes += digits.utf8
                case .alphanumeric(let word): Self.append(word, to: &bytes)
                }
            }
            bytes.append(Mark.end)
        }
        for word in build { Self.append(word, to: &bytes) }
        bytes.append(Mark.end)
        return bytes
    }

    /// What parts begin or end with. Whoever has fewer parts comes first.
    private enum Mark {
        static let end: UInt8 = 0
        static let number: UInt8 = 1
        static let word: UInt8 = 2
        static let release: UInt8 = 3
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
    }

    private static func append(_ word: String, to bytes: inout [UInt8]) {
        bytes.append(Mark.word)
        bytes += word.utf8
        bytes.append(Mark.end)
    }
}
