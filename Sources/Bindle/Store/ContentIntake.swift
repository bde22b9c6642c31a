import Cryptography
import Glibc
import Platform

/// Takes contents in for the entries of an invoice that are being written. It runs within the caller's transaction.
final class ContentIntake {
    /// Where the bytes of a parcel are that the store does not have.
    typealias Source = (Label) throws(StoreError) -> BindleStore.ParcelSource

    private let connection: SQLiteConnection
    private let source: Source?
    private var buffer: UnsafeMutableRawBufferPointer?
    private let find: SQLiteStatement

    /// How much of a large file is read at a time.
    private static let chunkSize = 256 << 10
    /// How much the system copies at a time, between two looks at whether it is still wanted: some 10 ms.
    private static let copySize = 8 << 20

    /// - Parameter source: `nil` where the parcels are uploaded later.
    init(on connection: SQLiteConnection, from source: Source? = nil) throws(StoreError) {
        self.connection = connection
        self.source = source
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
        do throws(ParcelDamage) {
            if let new = try connection.files.verify(digest, known: known) {
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
                    if bytes.count <= connection.files.rowLimit {
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
            return label.size <= connection.files.rowLimit
                ? try takeSmallFile(path, label, digest, at: number)
                : try takeLargeFile(path, label, digest, at: number)
        }
    }

    private func takeSmallFile(
        _ path: String, _ label: Label, _ digest: SHA256Digest, at number: Int64?
    ) throws(StoreError) -> Int64 {
        let file: SequentialFile
        do { file = try SequentialFile(path: path) } catch { throw .unreadableSource(error) }
        // One more than there may be, so that a file that has grown shows.
        let buffer = UnsafeMutableRawBufferPointer(rebasing: chunk()[..<(label.size + 1)])
        let count: Int
        do { count = try file.read(filling: buffer) } catch { throw .unreadableSource(error) }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        guard count == label.size, SHA256.hash(bytes) == digest else { throw .sourceChanged(path: path) }
        return try ContentTable.insert(bytes, digest: digest, at: number, on: connection)
    }

    private func takeLargeFile(
        _ path: String, _ label: Label, _ digest: SHA256Digest, at number: Int64?
    ) throws(StoreError) -> Int64 {
        let file: SequentialFile
        do { file = try SequentialFile(path: path) } catch { throw .unreadableSource(error) }
        let pending = try connection.files.begin()
        // What the system has copied is read from the copy, which nobody else writes to. Where it has stopped early, as on a
        // full disk, the rest is copied here, which tells why.
        var copied = 0
        while copied < label.size {
            try connection.files.checkInterruption()
            let count = pending.copy(from: file.descriptor, at: copied, count: min(Self.copySize, label.size - copied))
            if count == 0 { break }
            copied += count
        }
        guard lseek(file.descriptor, off_t(copied), SEEK_SET) >= 0 || copied == 0 else {
            throw .sourceChanged(path: path)
        }
        var hash = SHA256()
        var size = 0
        let buffer = chunk()
        while true {
            let isCopied = size < copied
            let count: Int
            if isCopied {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, copied - size)])
                count = try pending.read(at: size, filling: rest)
            } else {
                do { count = try file.read(filling: buffer) } catch { throw .unreadableSource(error) }
            }
            if count == 0 { break }
            size += count
            guard size <= label.size else { throw .sourceChanged(path: path) }
            try connection.files.checkInterruption()
            let chunk = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hash.update(chunk)
            if !isCopied { try pending.write(chunk, at: size - count) }
        }
        guard size == label.size, hash.finalize() == digest else { throw .sourceChanged(path: path) }
        let identity = try connection.files.commit(pending, as: digest)
        return try ContentTable.insert(identity, digest: digest, at: number, on: connection)
    }

    private func chunk() -> UnsafeMutableRawBufferPointer {
        if let buffer { return buffer }
        let new = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkSize, alignment: 64)
        buffer = new
        return new
    }
}
