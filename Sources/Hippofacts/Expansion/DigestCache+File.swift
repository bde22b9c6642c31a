import Bindle
import Content
package import Platform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How digests are kept in a file, so that another process reads only what has changed: see
/// <doc:Digests#What-is-in-.hippo/digests?>.
extension DigestCache {
    /// The file's first bytes, with the version of its layout.
    private static let signature = Array("hippo-dev digests 2\n".utf8)
    /// A file that is larger is not one of these: there is room for ten million paths.
    private static let sizeLimit = 1 << 30

    /// What was kept in a file by another process. A file that is absent, damaged or of another version counts as
    /// empty: the cache saves reading, and nothing else depends on it.
    ///
    /// Modules that are text are not in it; they are assembled anew.
    package init(contentsOf path: String) {
        // Not through a link, which a repository can bring.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard let bytes = try? FileReader.bytes(of: descriptor, path: path, limit: Self.sizeLimit),
            bytes.count > Self.signature.count + 32, bytes.starts(with: Self.signature)
        else { return }
        let tables: (DigestTable, DigestTable)? = bytes.withUnsafeBytes { bytes in
            let content = UnsafeRawBufferPointer(rebasing: bytes.dropLast(32))
            var hash = SHA256()
            hash.update(content)
            guard SHA256Digest(bytes: bytes.suffix(32)) == hash.finalize() else { return nil }
            var reader = Reader(bytes: content, position: Self.signature.count)
            guard let files = reader.table(), let binaries = reader.table(), reader.position == content.count else {
                return nil
            }
            return (files, binaries)
        }
        guard let tables else { return }
        files = FileDigests(trusting: tables.0)
        binaries = FileDigests(trusting: tables.1)
    }

    /// Keeps what can be trusted later: digests of files that were not written to as they were read.
    ///
    /// - Throws: if the file cannot be written; what was there before is still there then.
    package func write(to path: String) throws(SystemError) {
        var writer = Writer(bytes: Self.signature)
        writer.append(files.all)
        writer.append(binaries.all)
        writer.bytes += SHA256.hash(writer.bytes).bytes
        try Self.replace(path, with: writer.bytes)
    }

    /// Puts bytes in a file at once: others find all of them, or what was there before.
    private static func replace(_ path: String, with bytes: [UInt8]) throws(SystemError) {
        let temporary = "\(path).\(getpid()).tmp"
        // What a process of this number has left, or a link that somebody has put there.
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .last("open", path: temporary) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                systemWrite(descriptor, $0.baseAddress! + written, bytes.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            written += count
        }
        let code = errno
        close(descriptor)
        guard written == bytes.count else {
            unlink(temporary)
            throw SystemError(operation: "write", code: code, path: temporary)
        }
        guard rename(temporary, path) == 0 else {
            let error = SystemError.last("rename", path: path)
            unlink(temporary)
            throw error
        }
    }

    // MARK: The format

    /// A table is the number of its files, then each: how many bytes its path shares with the one before, how many follow
    /// and those; size, modification and change time, inode, device, each as its difference from the last file's (the
    /// change time from the modification time); the digest. Numbers have seven bits a byte, lowest first.
    private struct Writer {
        var bytes: [UInt8]

        mutating func append(_ table: DigestTable) {
            var count = 0
            table.forEach { _, entry in if !entry.isRacy { count += 1 } }
            append(UInt64(count))
            bytes.reserveCapacity(bytes.count + count * 80)
            var lastPath: [UInt8] = []
            var last = Numbers()
            table.forEach { path, entry in
                guard !entry.isRacy else { return }
                let shared = zip(lastPath, path).prefix { $0 == $1 }.count
                append(UInt64(shared))
                append(UInt64(path.count - shared))
                bytes += path[shared...]
                lastPath.replaceSubrange(shared..., with: path[shared...])
                let numbers = Numbers(entry.identity)
                append(signed: numbers.size)
                append(signed: numbers.modified &- last.modified)
                append(signed: numbers.changed &- numbers.modified)
                append(signed: numbers.inode &- last.inode)
                append(signed: numbers.device &- last.device)
                last = numbers
                bytes += entry.digest.bytes
            }
        }

        private mutating func append(_ number: UInt64) {
            var number = number
            while number >= 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: number) | 0x80)
                number >>= 7
            }
            bytes.append(UInt8(number))
        }

        /// Small numbers are short, whatever their sign.
        private mutating func append(signed number: Int64) {
            append(UInt64(bitPattern: number << 1 ^ number >> 63))
        }
    }

    private struct Numbers {
        var size: Int64 = 0
        var modified: Int64 = 0
        var changed: Int64 = 0
        var inode: Int64 = 0
        var device: Int64 = 0

        init() {}

        init(_ identity: FileIdentity) {
            (size, modified, changed) = (identity.size, identity.modificationTime, identity.changeTime)
            (inode, device) = (Int64(bitPattern: identity.id.inode), Int64(bitPattern: identity.id.device))
        }

        var identity: FileIdentity {
            FileIdentity(
                id: FileID(device: UInt64(bitPattern: device), inode: UInt64(bitPattern: inode)), size: size,
                modificationTime: modified, changeTime: changed)
        }
    }

    /// Reads what `Writer` wrote; `nil` where it is something else.
    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var position: Int

        mutating func table() -> DigestTable? {
            guard let count = number(), count <= UInt64(bytes.count) else { return nil }
            var table = DigestTable()
            table.reserve(Int(count))
            var path: [UInt8] = []
            var last = Numbers()
            for _ in 0..<count {
                guard let shared = number(), shared <= UInt64(path.count), let added = number(), let rest = take(added),
                    let size = signed(), let modified = signed(), let changed = signed(), let inode = signed(),
                    let device = signed(), let digest = take(32).flatMap({ SHA256Digest(bytes: $0) })
                else { return nil }
                path.removeSubrange(Int(shared)...)
                path += rest
                last.size = size
                last.modified = last.modified &+ modified
                last.changed = last.modified &+ changed
                last.inode = last.inode &+ inode
                last.device = last.device &+ device
                let entry = DigestTable.Entry(identity: last.identity, digest: digest, isRacy: false)
                guard path.withUnsafeBufferPointer({ table.append($0, entry) }) else { return nil }
            }
            return table
        }

        private mutating func number() -> UInt64? {
            var number: UInt64 = 0
            var shift: UInt64 = 0
            while position < bytes.count, shift < 64 {
                let byte = bytes[position]
                position += 1
                number |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return number }
                shift += 7
            }
            return nil
        }

        private mutating func signed() -> Int64? {
            number().map { Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1) }
        }

        private mutating func take(_ count: UInt64) -> Slice<UnsafeRawBufferPointer>? {
            guard count <= UInt64(bytes.count - position) else { return nil }
            defer { position += Int(count) }
            return bytes[position..<position + Int(count)]
        }
    }
}

/// The system's `write`, which `DigestCache` hides.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
