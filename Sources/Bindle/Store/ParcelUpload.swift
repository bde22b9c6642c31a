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
    /// Bytes that are not in the store yet: less than a piece.
    private var pending: [UInt8] = []
    private var nextPosition = 0
    /// The incomplete parcel, once there is one: small parcels are written in one go at the end.
    private var parcel: Int64?
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
        var rest = bytes[...]
        while !rest.isEmpty {
            let taken = rest.prefix(ParcelTable.pieceSize - pending.count)
            pending.append(contentsOf: taken)
            rest = rest.dropFirst(taken.count)
            if pending.count == ParcelTable.pieceSize && received < size || !rest.isEmpty { try flush() }
        }
    }

    /// Adds the next bytes.
    package func write(_ bytes: [UInt8]) throws(StoreError) {
        let result = bytes.withUnsafeBytes { bytes in Result { () throws(StoreError) in try write(bytes) } }
        try result.get()
    }

    /// Checks digest and size and makes the parcel visible. When it returns, the parcel is on the disk.
    /// - Returns: `false` when somebody else has uploaded the same parcel meanwhile.
    @discardableResult
    package func finish() throws(StoreError) -> Bool {
        precondition(!isOver, "an upload is finished or cancelled once")
        defer { cancel() }
        guard received == size else { throw .wrongSize(digest: digest.hex, expected: size, actual: received) }
        let actual = hash.finalize()
        guard actual == digest else { throw .wrongDigest(expected: digest.hex, actual: actual) }
        let (pending, position, parcel, id, digest, size) = (pending, nextPosition, parcel, id, digest, size)
        let isNew = try pool.write { (connection) throws(StoreError) in
            try connection.transaction { () throws(StoreError) in
                // The bindle may have been removed or replaced while the bytes were on their way.
                guard let row = try BindleTable.find(id, on: connection) else { throw .noSuchBindle(id) }
                guard try InvoiceTable.reference(to: digest, ofBindle: row.number, on: connection) != nil else {
                    throw .notInInvoice(id, digest: digest.hex)
                }
                guard try ParcelTable.find(digest, on: connection) == nil else { return false }
                let parcel = if let parcel { parcel } else {
                    try ParcelTable.begin(digest, size: size, on: connection)
                }
                if !pending.isEmpty {
                    try Self.append(pending, position: position, to: parcel, on: connection)
                }
                try ParcelTable.complete(parcel, on: connection)
                return true
            }
        }
        isOver = isNew
        return isNew
    }

    /// Gives the upload up and removes what it has stored.
    package func cancel() {
        guard !isOver else { return }
        isOver = true
        pending = []
        guard let parcel else { return }
        // Should this fail, the parcel stays incomplete, and is removed when the store is opened again.
        try? pool.write { (connection) throws(StoreError) in try ParcelTable.remove(parcel, on: connection) }
    }

    /// Stores a piece. Nothing is acknowledged yet, so nothing has to be synced: `finish` syncs the log as a whole.
    private func flush() throws(StoreError) {
        let (pending, position, existing, digest, size) = (pending, nextPosition, parcel, digest, size)
        parcel = try pool.write { (connection) throws(StoreError) in
            try connection.withoutSync { () throws(StoreError) in
                try connection.transaction { () throws(StoreError) in
                    let parcel = if let existing { existing } else {
                        try ParcelTable.begin(digest, size: size, on: connection)
                    }
                    try Self.append(pending, position: position, to: parcel, on: connection)
                    return parcel
                }
            }
        }
        nextPosition += 1
        self.pending.removeAll(keepingCapacity: true)
    }

    private static func append(
        _ bytes: [UInt8], position: Int, to parcel: Int64, on connection: SQLiteConnection
    ) throws(StoreError) {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(StoreError) in
                try ParcelTable.append(bytes, position: position, to: parcel, on: connection)
            }
        }
        try result.get()
    }
}
