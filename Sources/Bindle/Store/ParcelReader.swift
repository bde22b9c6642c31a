import Cryptography
import Glibc
import Platform

/// A parcel on its way out of a store. For one thread at a time.
package final class ParcelReader {
    package let mediaType: String
    /// The number of bytes.
    package let size: Int
    private var bytes: [UInt8]
    /// The file of a large parcel, or -1.
    private var descriptor: Int32
    private var offset = 0
    /// What the file of a large parcel was known by when it was opened.
    private(set) var identity: FileIdentity?

    /// How much is handed out at a time.
    private static let chunkSize = 1 << 20

    init(_ bytes: [UInt8], mediaType: String) {
        self.mediaType = mediaType
        self.bytes = bytes
        size = bytes.count
        descriptor = -1
    }

    /// Takes over the open file of a parcel, whose bytes have been checked.
    convenience init(adopting descriptor: Int32, size: Int, mediaType: String) {
        self.init(descriptor: descriptor, size: size, mediaType: mediaType)
    }

    private init(descriptor: Int32, size: Int, mediaType: String) {
        self.mediaType = mediaType
        self.size = size
        self.descriptor = descriptor
        bytes = []
    }

    /// Opens the file of a content.
    /// - Parameter known: What it was known by when it was right; if it is something else now, it is read again.
    /// - Returns: `nil` if it is gone or damaged.
    static func open(
        _ digest: SHA256Digest, known: FileIdentity, at path: String, mediaType: String
    ) -> ParcelReader? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        let reader = ParcelReader(descriptor: descriptor, size: Int(known.size), mediaType: mediaType)
        guard let found = FileIdentity(descriptor: descriptor), found.size == known.size else { return nil }
        reader.identity = found
        if found != known {
            guard let read = try? SHA256.hash(fileAt: path), read.digest == digest,
                FileIdentity(descriptor: descriptor) == found, FileIdentity(path: path) == found
            else { return nil }
        }
        return reader
    }

    /// Opens a file that is a parcel by its place.
    /// - Returns: `nil` if there is none of that size.
    static func open(fileAt path: String, size: Int, mediaType: String) -> ParcelReader? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        let reader = ParcelReader(descriptor: descriptor, size: size, mediaType: mediaType)
        guard let found = FileIdentity(descriptor: descriptor), found.size == Int64(size) else { return nil }
        return reader
    }

    deinit {
        close()
    }

    /// The next bytes, at most a megabyte of them; `nil` at the end.
    package func next() throws(StoreError) -> [UInt8]? {
        guard offset < size else { return nil }
        guard descriptor >= 0 else {
            defer { bytes = [] }
            offset = size
            return bytes
        }
        let chunk = try read(min(Self.chunkSize, size - offset), at: offset)
        offset += chunk.count
        if offset == size { close() }
        return chunk
    }

    /// The first bytes, for who wants to know what the parcel is. No more is read of a large one, and the reading ends with
    /// this.
    package func beginning(_ count: Int) throws(StoreError) -> [UInt8] {
        defer { close() }
        guard descriptor >= 0 else { return Array(bytes.prefix(count)) }
        return try read(min(count, size), at: 0)
    }

    /// Bytes of the file of a large parcel.
    private func read(_ count: Int, at offset: Int) throws(StoreError) -> [UInt8] {
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let step = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if step > 0 { filled += step } else if step == 0 || errno != EINTR { break }
            }
        }
        guard bytes.count == count else {
            throw .corrupt(path: "the parcel's file", detail: "it lacks its bytes from \(offset + bytes.count) on")
        }
        return bytes
    }

    /// The open file of a large parcel, which the caller closes; `nil` for one that is in memory. The reading ends with
    /// this.
    package func takeDescriptor() -> Int32? {
        guard descriptor >= 0 else { return nil }
        defer { (descriptor, offset) = (-1, size) }
        return descriptor
    }

    /// All bytes; for parcels that are known to be small.
    package func readAll() throws(StoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        while let chunk = try next() { bytes += chunk }
        return bytes
    }

    /// Ends the reading early.
    package func close() {
        offset = size
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }
}
