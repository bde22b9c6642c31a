/// What a header of a tar archive announces.
package struct TarEntry: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case file
        case directory
    }

    /// Relative, its components joined by `/`, none of them empty, `.` or `..`. Empty for the archive's own root.
    package let path: String
    package let kind: Kind
    /// The number of bytes of the file; 0 for a directory.
    package let size: Int64
    /// Whether its owner may execute the file.
    package let isExecutable: Bool
    /// Whether everybody may put files into the directory, and remove their own, as in `/tmp`. Only written, not read.
    package let isForAll: Bool

    package init(
        path: String, kind: Kind, size: Int64 = 0, isExecutable: Bool = false, isForAll: Bool = false
    ) {
        self.path = path
        self.kind = kind
        self.size = size
        self.isExecutable = isExecutable
        self.isForAll = isForAll
    }
}

/// The layout of a header (POSIX.1-2024, pax, "ustar Interchange Format").
enum TarHeader {
    static let blockSize = 512

    /// Where a field stands: its offset, and its size in bytes.
    struct Field {
        let offset: Int
        let size: Int

        var range: Range<Int> { offset..<offset + size }
    }

    static let name = Field(offset: 0, size: 100)
    static let mode = Field(offset: 100, size: 8)
    static let userID = Field(offset: 108, size: 8)
    static let groupID = Field(offset: 116, size: 8)
    static let size = Field(offset: 124, size: 12)
    static let modificationTime = Field(offset: 136, size: 12)
    static let checksum = Field(offset: 148, size: 8)
    static let type = Field(offset: 156, size: 1)
    static let magic = Field(offset: 257, size: 6)
    static let version = Field(offset: 263, size: 2)
    static let prefix = Field(offset: 345, size: 155)

    /// The sum of the header's bytes, those of the checksum taken as spaces.
    static func sum(_ header: [UInt8]) -> Int {
        var sum = 0
        for (index, byte) in header.enumerated() { sum += checksum.range.contains(index) ? 0x20 : Int(byte) }
        return sum
    }

    /// The bytes with which the last block of a file is filled up.
    static func padding(after size: Int64) -> Int64 { (512 - size % 512) % 512 }
}
