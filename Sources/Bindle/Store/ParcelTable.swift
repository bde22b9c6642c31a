import Cryptography
import Platform

/// The statements about parcels and their bytes. They run within the caller's transaction or snapshot.
enum ParcelTable {
    /// The bytes in one row: a parcel's last piece may be smaller.
    static let pieceSize = 1 << 20

    struct Row {
        let number: Int64
        let size: Int
    }

    /// The parcel with this digest, if it is there as a whole.
    static func find(_ digest: SHA256Digest, on connection: SQLiteConnection) throws(StoreError) -> Row? {
        try connection.firstRow("SELECT id, size FROM parcel WHERE sha256 = ? AND complete", .digest(digest)) {
            (row) throws(StoreError) in Row(number: row.integer(0), size: Int(row.integer(1)))
        }
    }

    /// Makes a parcel that nothing sees until it is completed.
    static func begin(_ digest: SHA256Digest, size: Int, on connection: SQLiteConnection) throws(StoreError) -> Int64 {
        try connection.run(
            "INSERT INTO parcel (sha256, size, complete) VALUES (?, ?, 0)", .digest(digest), .integer(size))
        return connection.lastInsertedRow
    }

    static func append(
        _ bytes: UnsafeRawBufferPointer, position: Int, to parcel: Int64, on connection: SQLiteConnection
    ) throws(StoreError) {
        try connection.run(
            "INSERT INTO piece (parcel, position, bytes) VALUES (?, ?, ?)", .integer(parcel), .integer(position),
            blob: bytes)
    }

    static func complete(_ parcel: Int64, on connection: SQLiteConnection) throws(StoreError) {
        try connection.run("UPDATE parcel SET complete = 1 WHERE id = ?", .integer(parcel))
    }

    static func remove(_ parcel: Int64, on connection: SQLiteConnection) throws(StoreError) {
        try connection.run("DELETE FROM parcel WHERE id = ?", .integer(parcel))
    }

    static func removeUnlessReferenced(_ digest: SHA256Digest, on connection: SQLiteConnection) throws(StoreError) {
        try connection.run(
            """
            DELETE FROM parcel
            WHERE sha256 = ?1 AND complete AND NOT EXISTS (SELECT 1 FROM entry WHERE sha256 = ?1)
            """, .digest(digest))
    }

    static func piece(
        _ position: Int, of parcel: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> [UInt8]? {
        try connection.firstRow(
            "SELECT bytes FROM piece WHERE parcel = ? AND position = ?", .integer(parcel), .integer(position)
        ) { (row) throws(StoreError) in row.blob(0) }
    }

    // MARK: - Whole parcels from this machine

    /// Stores a parcel, having checked its digest and size.
    ///
    /// - Parameter directory: Gets a file of it as well, unless that cannot be written: nothing depends on it.
    static func insert(
        _ label: Label, from source: BindleStore.ParcelSource, copyingTo directory: ParcelDirectory? = nil,
        on connection: SQLiteConnection
    ) throws(StoreError) {
        guard let expected = SHA256Digest(hex: label.sha256) else {
            throw .invalidInvoice(InvoiceProblem(at: ["sha256"], "'\(label.sha256)' is not a SHA-256 digest"))
        }
        let parcel = try begin(expected, size: label.size, on: connection)
        var copy = ParcelCopy(label, in: directory)
        switch source {
        case .bytes(let bytes):
            guard bytes.count == label.size else {
                throw .wrongSize(digest: label.sha256, expected: label.size, actual: bytes.count)
            }
            let digest = SHA256.hash(bytes)
            guard digest == expected else { throw .wrongDigest(expected: label.sha256, actual: digest) }
            for (position, start) in stride(from: 0, to: bytes.count, by: pieceSize).enumerated() {
                let result = bytes.withUnsafeBytes { bytes in
                    Result { () throws(StoreError) in
                        let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + pieceSize, bytes.count)])
                        try append(piece, position: position, to: parcel, on: connection)
                        copy.write(piece)
                    }
                }
                try result.get()
            }
        case .file(let path):
            try insertFile(path, size: label.size, digest: expected, as: parcel, &copy, on: connection)
        }
        try complete(parcel, on: connection)
        copy.commit()
    }

    private static func insertFile(
        _ path: String, size expectedSize: Int, digest: SHA256Digest, as parcel: Int64, _ copy: inout ParcelCopy,
        on connection: SQLiteConnection
    ) throws(StoreError) {
        let file: SequentialFile
        do { file = try SequentialFile(path: path) } catch { throw .unreadableSource(error) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(pieceSize, expectedSize + 1), alignment: 64)
        defer { buffer.deallocate() }
        var hash = SHA256()
        var size = 0
        var position = 0
        while true {
            let count: Int
            do { count = try file.read(filling: buffer) } catch { throw .unreadableSource(error) }
            if count == 0 { break }
            size += count
            guard size <= expectedSize else { throw .sourceChanged(path: path) }
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hash.update(piece)
            try append(piece, position: position, to: parcel, on: connection)
            copy.write(piece)
            position += 1
        }
        guard size == expectedSize, hash.finalize() == digest else { throw .sourceChanged(path: path) }
    }
}

/// A file with the bytes that a store takes in. It is given up at the first thing that goes wrong with it.
private struct ParcelCopy {
    private var file: PendingFile?

    init(_ label: Label, in directory: ParcelDirectory?) {
        guard let directory, !directory.contains(label) else { return }
        file = try? directory.begin(label)
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        do { try file?.write(bytes) } catch { file = nil }
    }

    func commit() {
        try? file?.commit()
    }
}
