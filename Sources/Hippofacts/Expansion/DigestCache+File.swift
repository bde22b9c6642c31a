import Bindle
import Platform

extension DigestCache {
    /// The file's first bytes, with the version of its layout.
    private static let signature = Array("hippo-dev digests 1\n".utf8)

    /// What was kept in a file by another process. A file that is absent, damaged or of another version counts as
    /// empty: the cache saves reading, and nothing else depends on it.
    ///
    /// Modules that are text are not in it; they are assembled anew.
    package init(contentsOf path: String) {
        guard let bytes = try? FileReader.bytes(of: path, limit: 1 << 30) else { return }
        guard bytes.count > Self.signature.count + 32, bytes.starts(with: Self.signature),
            SHA256.hash(bytes[..<(bytes.count - 32)]).bytes.elementsEqual(bytes[(bytes.count - 32)...])
        else { return }
        var reader = Reader(bytes: bytes[Self.signature.count..<bytes.count - 32])
        guard let files = reader.entries(), let binaries = reader.entries(), reader.bytes.isEmpty else { return }
        self.files = FileDigests(trusting: files)
        self.binaries = FileDigests(trusting: binaries)
    }

    /// Keeps what can be trusted later: digests of files that were not written to as they were read.
    package func write(to path: String) throws {
        var bytes = Self.signature
        for entries in [files.trustworthy, binaries.trustworthy] {
            Self.append(UInt64(entries.count), to: &bytes)
            for (path, entry) in entries.sorted(by: { $0.key < $1.key }) {
                Self.append(UInt64(path.utf8.count), to: &bytes)
                bytes += path.utf8
                let identity = entry.identity
                for number in [identity.size, identity.modificationTime, identity.changeTime] {
                    Self.append(UInt64(bitPattern: number), to: &bytes)
                }
                Self.append(identity.id.inode, to: &bytes)
                Self.append(identity.id.device, to: &bytes)
                bytes += SHA256Digest(hex: entry.digest)?.bytes ?? []
            }
        }
        bytes += SHA256.hash(bytes).bytes
        try FileWriter.write(bytes, to: path, atomically: true)
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Reads what `write` wrote; `nil` where it is none of that.
    private struct Reader {
        var bytes: ArraySlice<UInt8>

        mutating func entries() -> [String: FileDigests.Entry]? {
            guard let count = number(), count <= UInt64(bytes.count) else { return nil }
            var entries: [String: FileDigests.Entry] = [:]
            entries.reserveCapacity(Int(count))
            for _ in 0..<count {
                guard let length = number(), let path = take(length),
                    let size = number(), let modified = number(), let changed = number(), let inode = number(),
                    let device = number(), let digest = take(32).flatMap({ SHA256Digest(bytes: $0) })
                else { return nil }
                let identity = FileIdentity(
                    id: FileID(device: device, inode: inode), size: Int64(bitPattern: size),
                    modificationTime: Int64(bitPattern: modified), changeTime: Int64(bitPattern: changed))
                entries[String(decoding: path, as: UTF8.self)] = FileDigests.Entry(
                    identity: identity, digest: digest.hex, isRacy: false)
            }
            return entries
        }

        private mutating func number() -> UInt64? {
            take(8)?.reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }

        private mutating func take(_ count: UInt64) -> ArraySlice<UInt8>? {
            guard count <= UInt64(bytes.count) else { return nil }
            defer { bytes = bytes.dropFirst(Int(count)) }
            return bytes.prefix(Int(count))
        }
    }
}
