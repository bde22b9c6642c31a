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
    private let pool: ConnectionPool
    private var hash = SHA256()
    private var received = 0
    /// The bytes of a small parcel.
    private var bytes: [UInt8] = []
    /// The file of a large one.
    private var file: PendingContent?
    private var isOver = false

    init(pool: ConnectionPool, id: BindleID, digest: SHA256Digest, size: Int) {
        self.pool = pool
        self.id = id
        self.digest = digest
        self.size = size
    }

    deinit {
        cancel()
    }

    /// Adds the next bytes.
    /// - Throws: `StoreError.wrongSize` as soon as there are more than the label promises.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        guard bytes.count <= size - received else {
            cancel()
            throw .wrongSize(digest: digest.hex, expected: size, actual: nil)
        }
        received += bytes.count
        hash.update(bytes)
        if size <= pool.files.rowLimit {
            self.bytes.append(contentsOf: bytes)
        } else {
            do throws(StoreError) {
                let file: PendingContent
                if let open = self.file { file = open } else { file = try pool.files.begin() }
                self.file = file
                try file.write(bytes)
            } catch {
                cancel()
                throw error
            }
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
        precondition(!isOver, "an upload is finished or cancelled once")
        defer { cancel() }
        guard received == size else { throw .wrongSize(digest: digest.hex, expected: size, actual: received) }
        let actual = hash.finalize()
        guard actual == digest else { throw .wrongDigest(expected: digest.hex, actual: actual) }
        // The long part, before others have to wait for it.
        if let file {
            try pool.files.send(file, as: digest)
            if !pool.isTemporary, !file.isRemote { try file.sync() }
        }
        let (bytes, file, id, digest) = (bytes, UncheckedFile(file: file), id, digest)
        let isNew = try pool.write { (connection) throws(StoreError) in
            try connection.transaction { () throws(StoreError) in
                // The bindle may have been removed or replaced while the bytes were on their way.
                guard let row = try BindleTable.find(id, on: connection) else { throw .noSuchBindle(id) }
                guard try InvoiceTable.reference(to: digest, ofBindle: row.number, on: connection) != nil else {
                    throw .notInInvoice(id, digest: digest.hex)
                }
                guard let content = try ContentTable.find(digest, on: connection), content.place == .nowhere else {
                    return false
                }
                if let file = file.file {
                    let identity = try connection.files.commit(file, as: digest)
                    _ = try ContentTable.insert(identity, digest: digest, at: content.number, on: connection)
                } else {
                    let result = bytes.withUnsafeBytes { bytes in
                        Result { () throws(StoreError) in
                            try ContentTable.insert(bytes, digest: digest, at: content.number, on: connection)
                        }
                    }
                    _ = try result.get()
                }
                return true
            }
        }
        return isNew
    }

    /// The file on its way through the lock of the writing connection: this thread waits there.
    private struct UncheckedFile: @unchecked Sendable {
        let file: PendingContent?
    }

    /// Gives the upload up and removes what it has stored.
    package func cancel() {
        isOver = true
        bytes = []
        file = nil
    }
}
