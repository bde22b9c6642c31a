import Cryptography

/// What an image begins with. All sections are in this order; their offsets follow from the counts.
struct ImageHeader {
    var magic = Self.magic
    /// A random number, for the hashes of names: so that nobody can choose names that meet in the index.
    var seed: UInt64 = 0
    /// The time of all directories, in nanoseconds since 1970.
    var directoryTime: Int64 = 0
    /// Files of the whole wwwroot.
    var fileCount: UInt64 = 0
    /// Of the image of changes: the nodes of the image that it is made for. Otherwise 0.
    var baseCount: UInt64 = 0
    var nodeCount: UInt64 = 0
    /// Slots of the index, a power of two with free ones among them.
    var slotCount: UInt64 = 0
    var mediaTypesLength: UInt64 = 0
    var namesLength: UInt64 = 0

    static let magic: UInt64 = 0x3120_6772_6F76_7069

    var nodesOffset: UInt64 { UInt64(MemoryLayout<Self>.stride) }
    var indexOffset: UInt64 { nodesOffset + nodeCount * UInt64(MemoryLayout<ImageNode>.stride) }
    var mediaTypesOffset: UInt64 { indexOffset + slotCount * 4 }
    var namesOffset: UInt64 { mediaTypesOffset + mediaTypesLength }
    var length: UInt64 { namesOffset + namesLength }
}

/// A name of an image, and what stands there.
struct ImageNode {
    private var digest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    /// Of a file; in bytes.
    var size: Int64 = 0
    /// Of a file; in nanoseconds since 1970.
    var modificationTime: Int64 = 0
    var inode: UInt64 = 0
    /// Where the name begins in the section of names, and its bytes.
    var nameOffset: UInt32 = 0
    var nameLength: UInt16 = 0
    /// The index of a file's media type, or one of the below.
    var kind: UInt16 = 0
    /// The number of the directory that it is in.
    var parent: UInt32 = 0
    /// Of a directory of the base: the first of its children, which stand together in the order of their names.
    /// Of a change: how many children of the base come before it in its directory.
    var first: UInt32 = 0
    /// Of a directory of the base: the number of its children. Of a change: how many before it in its directory are new.
    var count: UInt32 = 0
    /// Of a change: 1 if the base has its name, too.
    var replaces: UInt32 = 0

    static let directory: UInt16 = 0xFFFF
    /// Nothing stands there any more.
    static let removed: UInt16 = 0xFFFE
    static let maximumMediaTypes = 0xFF00

    var isDirectory: Bool { kind == Self.directory }
    var isRemoved: Bool { kind == Self.removed }
    var isFile: Bool { kind < Self.removed }

    var sha256: SHA256Digest {
        get { SHA256Digest(words: unsafeBitCast(digest, to: SIMD8<UInt32>.self)) }
        set { digest = unsafeBitCast(newValue.words, to: (UInt64, UInt64, UInt64, UInt64).self) }
    }
}

enum NameHash {
    /// A hash of a name in a directory, that depends on the image's random seed.
    static func hash(_ name: UnsafeBufferPointer<UInt8>, in directory: UInt32, seed: UInt64) -> UInt64 {
        var hash = mix(seed ^ UInt64(directory), 0x9E37_79B9_7F4A_7C15)
        let bytes = UnsafeRawBufferPointer(name)
        var offset = 0
        while offset + 8 <= bytes.count {
            hash = mix(hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self), 0xD6E8_FEB8_6659_FD93)
            offset += 8
        }
        var rest = UInt64(truncatingIfNeeded: bytes.count)
        while offset < bytes.count {
            rest = rest << 8 | UInt64(bytes[offset])
            offset += 1
        }
        return mix(hash ^ rest ^ seed, 0xA076_1D64_78BD_642F)
    }

    private static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }
}
