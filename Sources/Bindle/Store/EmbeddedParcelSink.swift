import Cryptography

/// Takes a parcel into a `BindleStore`: a small one is a row, a large one a file, or a blob.
final class EmbeddedParcelSink: ParcelSink {
    private let pool: ConnectionPool
    private let id: BindleID
    private let digest: SHA256Digest
    private let isSmall: Bool
    /// The bytes of a small parcel.
    private var bytes: [UInt8] = []
    /// The file of a large one.
    private var file: PendingContent?

    init(pool: ConnectionPool, id: BindleID, digest: SHA256Digest, size: Int) {
        self.pool = pool
        self.id = id
        self.digest = digest
        isSmall = size <= pool.files.rowLimit
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        guard !isSmall else {
            self.bytes.append(contentsOf: bytes)
            return
        }
        let file: PendingContent
        if let open = self.file { file = open } else { file = try pool.files.begin() }
        self.file = file
        try file.write(bytes)
    }

    func commit() throws(StoreError) -> Bool {
        // The long part, before others have to wait for it.
        if let file {
            try pool.files.send(file, as: digest)
            if !pool.isTemporary, !file.isRemote { try file.sync() }
        }
        let (bytes, file, id, digest) = (bytes, UncheckedFile(file: file), id, digest)
        return try pool.write { (connection) throws(StoreError) in
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
    }

    /// The file on its way through the lock of the writing connection: this thread waits there.
    private struct UncheckedFile: @unchecked Sendable {
        let file: PendingContent?
    }
}
