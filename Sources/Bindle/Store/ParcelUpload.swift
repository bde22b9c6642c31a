import Cryptography

/// A parcel on its way into a store. For one thread at a time.
///
/// What is written is seen by nobody until `finish` has found digest and size right. An upload that is given up, or
/// whose process ends, leaves nothing.
package final class ParcelUpload {
    package let id: BindleID
    package let digest: SHA256Digest
    /// The number of bytes that the label promises.
    package let size: Int
    private var hash = SHA256()
    private var received = 0
    /// Where the bytes go; `nil` once the upload is over.
    private var sink: (any ParcelSink)?

    init(id: BindleID, digest: SHA256Digest, size: Int, sink: any ParcelSink) {
        self.id = id
        self.digest = digest
        self.size = size
        self.sink = sink
    }

    /// Adds the next bytes.
    /// - Throws: `StoreError.wrongSize` as soon as there are more than the label promises.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        do throws(StoreError) {
            guard bytes.count <= size - received else {
                throw .wrongSize(digest: digest.hex, expected: size, actual: nil)
            }
            received += bytes.count
            hash.update(bytes)
            try sink?.write(bytes)
        } catch {
            cancel()
            throw error
        }
    }

    /// Adds the next bytes.
    package func write(_ bytes: [UInt8]) throws(StoreError) {
        let result = bytes.withUnsafeBytes { bytes in Result { () throws(StoreError) in try write(bytes) } }
        try result.get()
    }

    /// Checks digest and size and makes the parcel visible. When it returns, the parcel is on the disk, or the blob
    /// store has said that it keeps it.
    /// - Returns: `false` when somebody else has uploaded the same parcel meanwhile.
    @discardableResult
    package func finish() throws(StoreError) -> Bool {
        guard received == size else {
            cancel()
            throw .wrongSize(digest: digest.hex, expected: size, actual: received)
        }
        guard let sink else { preconditionFailure("an upload is finished or cancelled once") }
        defer { cancel() }
        let actual = hash.finalize()
        guard actual == digest else { throw .wrongDigest(expected: digest.hex, actual: actual) }
        return try sink.commit()
    }

    /// Gives the upload up and removes what it has stored.
    package func cancel() {
        sink = nil
    }
}
