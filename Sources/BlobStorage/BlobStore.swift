/// A place of named blobs that are written once, as S3 and Azure Blob Storage have them. Calls block; threads may share one.
///
/// A name is the part of the key behind the prefix of the place. All calls are tried again where the reason of a failure
/// may pass: see ``BlobRetry``.
package protocol BlobStore: Sendable {
    /// Writes a blob, in parts if it is large. When it returns, the service has said that it keeps it.
    /// - Parameter replacing: Whether a blob of the name is replaced. Otherwise the first write counts, and what is there
    ///   stays.
    /// - Returns: Whether it was written; `false` where there is one of the name and size.
    func put(_ name: String, _ content: BlobContent, replacing: Bool) throws(BlobError) -> Bool

    /// The number of bytes; `nil` if there is no such blob.
    func size(of name: String) throws(BlobError) -> Int?

    /// Reads a blob, or a part of it. What breaks off is asked for again from there on.
    /// - Parameters:
    ///   - range: Of bytes; not empty. `nil` for all of them.
    ///   - receive: Gets the bytes in their order, in pieces.
    /// - Throws: `BlobError.noSuchBlob`; what `receive` throws.
    func read(
        _ name: String, _ range: Range<Int>?, _ receive: (UnsafeRawBufferPointer) throws(BlobError) -> Void
    ) throws(BlobError)

    /// Removes a blob. One that is not there is passed over.
    func remove(_ name: String) throws(BlobError)

    /// A page of the blobs whose names begin so, in the order of their names.
    /// - Parameter page: What the page before has said of the next one; `nil` for the first.
    func list(_ prefix: String, page: String?) throws(BlobError) -> BlobPage
}

/// A part of a list of blobs.
package struct BlobPage: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package let name: String
        package let size: Int
    }

    package let entries: [Entry]
    /// How to ask for what comes next; `nil` at the end.
    package let next: String?
}

extension BlobStore {
    /// All blobs whose names begin so.
    package func list(_ prefix: String = "") throws(BlobError) -> [BlobPage.Entry] {
        var entries: [BlobPage.Entry] = []
        var page: String?
        repeat {
            let found = try list(prefix, page: page)
            entries += found.entries
            page = found.next
        } while page != nil
        return entries
    }

    /// All bytes of a blob that is known to be small.
    /// - Parameter limit: More are an error.
    package func bytes(of name: String, _ range: Range<Int>? = nil, limit: Int = 64 << 20) throws(BlobError) -> [UInt8]
    {
        var bytes: [UInt8] = []
        try read(name, range) { (piece) throws(BlobError) in
            guard bytes.count + piece.count <= limit else {
                throw .receiver("the blob '\(name)' has more than \(limit) bytes")
            }
            bytes.append(contentsOf: piece)
        }
        return bytes
    }
}
