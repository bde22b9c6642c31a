import Cryptography
import Platform

/// Takes contents in for the entries of an invoice that are being written. It runs within the caller's transaction.
final class ContentIntake {
    /// Where the bytes of a parcel are that the store does not have.
    typealias Source = (Label) throws(StoreError) -> BindleStore.ParcelSource

    private let connection: SQLiteConnection
    private let source: Source?
    private let directory: ParcelDirectory?
    private var buffer: UnsafeMutableRawBufferPointer?
    private let find: SQLiteStatement

    /// How much of a large file is read at a time.
    private static let chunkSize = 256 << 10

    /// - Parameters:
    ///   - source: `nil` where the parcels are uploaded later.
    ///   - directory: Gets a file of each content that is taken in, unless it cannot be written: nothing depends on it.
    init(
        on connection: SQLiteConnection, copyingTo directory: ParcelDirectory? = nil, from source: Source? = nil
    ) throws(StoreError) {
        self.connection = connection
        self.source = source
        self.directory = directory
        find = try connection.take("SELECT id, size, place FROM content WHERE sha256 = ? --")
    }

    deinit {
        connection.giveBack(find)
        buffer?.deallocate()
    }

    /// The row of the content that a label names, made if need be. Where there is a source, the content is here
    /// afterwards.
    func row(of label: Label, _ digest: SHA256Digest) throws(StoreError) -> Int64 {
        try connection.files.checkInterruption()
        try find.bind(digest, at: 1)
        let isKnown = try find.step()
        let number = isKnown ? find.integer(0) : nil
        let place = isKnown ? ContentTable.Place(rawValue: find.integer(2)) ?? .nowhere : .nowhere
        find.rewind()
        if let number {
            guard source != nil else { return number }
            switch place {
            case .row: return number
            case .file: if try isSound(number, digest) { return number }
            case .nowhere: break
            }
        }
        guard let source else { return try ContentTable.insertMissing(digest, size: label.size, on: connection) }
        return try take(label, digest, from: source(label), at: number)
    }

    /// Whether the file of a content is what it was. What it is known by now is kept.
    private func isSound(_ number: Int64, _ digest: SHA256Digest) throws(StoreError) -> Bool {
        guard let known = try ContentTable.identity(ofFile: number, on: connection) else { return false }
        do throws(ContentTable.Damage) {
            if let new = try ContentTable.verify(digest, known: known, at: connection.files.path(of: digest)) {
                let result = Result { () throws(StoreError) in
                    try ContentTable.setIdentity(new, ofFile: number, on: connection)
                }
                return (try? result.get()) != nil
            }
            return true
        } catch {
            return false
        }
    }

    /// Stores a content, having checked its digest and size.
    func take(
        _ label: Label, _ digest: SHA256Digest, from source: BindleStore.ParcelSource, at number: Int64?
    ) throws(StoreError) -> Int64 {
        switch source {
        case .bytes(let bytes):
            guard bytes.count == label.size else {
                throw .wrongSize(digest: label.sha256, expected: label.size, actual: bytes.count)
            }
            let actual = SHA256.hash(bytes)
            guard actual == digest else { throw .wrongDigest(expected: label.sha256, actual: actual) }
            let result = bytes.withUnsafeBytes { bytes in
                Result { () throws(StoreError) in
                    copy(bytes, label)
                    if bytes.count <= ContentTable.rowLimit {
                        return try ContentTable.insert(bytes, digest: digest, at: number, on: connection)
                    }
                    let file = try connection.files.begin()
                    try file.write(bytes)
                    let identity = try connection.files.commit(file, as: digest)
                    return try ContentTable.insert(identity, digest: digest, at: number, on: connection)
                }
            }
            return try result.get()
        case .file(let path):
            return label.size <= ContentTable.rowLimit
                ? try takeSmallFile(path, label, digest, at: number)
                : try takeLargeFile(path, label, digest, at: number)
        }
    }

    private func takeSmallFile(
        _ path: String, _ label: Label, _ digest: SHA256Digest, at number: Int64?
    ) throws(StoreError) -> Int64 {
        let file: FileReader
        do { file = try FileReader(path: path) } catch { throw .unreadableSource(error) }
        // One more than there may be, so that a file that has grown shows.
        let buffer = UnsafeMutableRawBufferPointer(rebasing: chunk()[..<(label.size + 1)])
        let count: Int
        do { count = try file.read(filling: buffer) } catch { throw .unreadableSource(error) }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        guard count == label.size, SHA256.hash(bytes) == digest else { throw .sourceChanged(path: path) }
        copy(bytes, label)
        return try ContentTable.insert(bytes, digest: digest, at: number, on: connection)
    }

    private func takeLargeFile(
        _ path: String, _ label: Label, _ digest: SHA256Digest, at number: Int64?
    ) throws(StoreError) -> Int64 {
        let file: FileReader
        do { file = try FileReader(path: path) } catch { throw .unreadableSource(error) }
        let pending = try connection.files.begin()
        var further = ParcelCopy(label, in: directory)
        var hash = SHA256()
        var size = 0
        let buffer = chunk()
        while true {
            let count: Int
            do { count = try file.read(filling: buffer) } catch { throw .unreadableSource(error) }
            if count == 0 { break }
            size += count
            guard size <= label.size else { throw .sourceChanged(path: path) }
            try connection.files.checkInterruption()
            let chunk = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hash.update(chunk)
            try pending.write(chunk)
            further.write(chunk)
        }
        guard size == label.size, hash.finalize() == digest else { throw .sourceChanged(path: path) }
        let identity = try connection.files.commit(pending, as: digest)
        further.commit()
        return try ContentTable.insert(identity, digest: digest, at: number, on: connection)
    }

    private func chunk() -> UnsafeMutableRawBufferPointer {
        if let buffer { return buffer }
        let new = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkSize, alignment: 64)
        buffer = new
        return new
    }

    private func copy(_ bytes: UnsafeRawBufferPointer, _ label: Label) {
        guard directory != nil else { return }
        var copy = ParcelCopy(label, in: directory)
        copy.write(bytes)
        copy.commit()
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
