/// Writes a tar archive: ustar, with a pax header before what does not fit into it. The same entries give the same
/// bytes: all belong to nobody, and none has a time.
package final class TarWriter {
    private let sink: ByteSink
    /// What is still to come of the current file.
    private var remaining: Int64 = 0
    private var padding: Int64 = 0

    package init(to sink: @escaping ByteSink) {
        self.sink = sink
    }

    /// Begins an entry. The bytes of a file are to be written next.
    ///
    /// - Precondition: the file before has been written in full; the path is relative, and not empty.
    /// - Throws: Whatever the sink throws.
    package func begin(_ entry: TarEntry) throws {
        try endFile()
        precondition(!entry.path.isEmpty && entry.path.utf8.first != UInt8(ascii: "/") && entry.size >= 0)
        let path = entry.path + (entry.kind == .directory ? "/" : "")
        let place = Self.split(path)
        let isLarge = entry.size > Self.sizeLimit
        if place == nil || isLarge {
            var records: [UInt8] = []
            if place == nil { records += Self.record("path", path) }
            if isLarge { records += Self.record("size", String(entry.size)) }
            try writeHeader(
                name: Array("pax/header".utf8), prefix: [], type: UInt8(ascii: "x"), mode: 0o644,
                size: Int64(records.count))
            records += [UInt8](repeating: 0, count: Int(TarHeader.padding(after: Int64(records.count))))
            try records.withUnsafeBytes(sink)
        }
        // Readers that do not know pax get the end of the name, and no size that is wrong.
        let (name, prefix) = place ?? (Array(path.utf8.suffix(TarHeader.name.size)), [])
        try writeHeader(
            name: name, prefix: prefix, type: UInt8(ascii: entry.kind == .directory ? "5" : "0"),
            mode: Self.mode(of: entry), size: isLarge ? 0 : entry.size)
        remaining = entry.size
        padding = TarHeader.padding(after: entry.size)
    }

    private static func mode(of entry: TarEntry) -> Int64 {
        switch entry.kind {
        case .directory: entry.isForAll ? 0o1777 : 0o755
        case .file: entry.isExecutable ? 0o755 : 0o644
        }
    }

    /// Writes bytes of the current file.
    ///
    /// - Precondition: there are not more of them than its entry said.
    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        precondition(Int64(bytes.count) <= remaining, "more bytes than the entry announced")
        remaining -= Int64(bytes.count)
        if !bytes.isEmpty { try sink(bytes) }
    }

    /// Writes the end of the archive.
    package func finish() throws {
        try endFile()
        try [UInt8](repeating: 0, count: 2 * TarHeader.blockSize).withUnsafeBytes(sink)
    }

    private func endFile() throws {
        precondition(remaining == 0, "fewer bytes than the entry announced")
        if padding > 0 { try [UInt8](repeating: 0, count: Int(padding)).withUnsafeBytes(sink) }
        padding = 0
    }

    // MARK: Headers

    /// What eleven octal digits hold.
    private static let sizeLimit: Int64 = 0o777_7777_7777

    /// The path as a name and a prefix that are joined by a slash; `nil` where it does not fit, and where it is not
    /// ASCII: the format says nothing about that.
    private static func split(_ path: String) -> (name: [UInt8], prefix: [UInt8])? {
        let bytes = Array(path.utf8)
        guard bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
        if bytes.count <= TarHeader.name.size { return (bytes, []) }
        let slash = bytes.indices.dropLast().first { index in
            bytes[index] == UInt8(ascii: "/") && bytes.count - index - 1 <= TarHeader.name.size
        }
        guard let slash, slash > 0, slash <= TarHeader.prefix.size else { return nil }
        return (Array(bytes[(slash + 1)...]), Array(bytes[..<slash]))
    }

    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let content = " \(key)=\(value)\n"
        var length = content.utf8.count
        // The length counts its own digits.
        while String(length).utf8.count + content.utf8.count != length {
            length = String(length).utf8.count + content.utf8.count
        }
        return Array("\(length)\(content)".utf8)
    }

    private func writeHeader(name: [UInt8], prefix: [UInt8], type: UInt8, mode: Int64, size: Int64) throws {
        var header = [UInt8](repeating: 0, count: TarHeader.blockSize)
        func set(_ field: TarHeader.Field, _ bytes: [UInt8]) {
            for (index, byte) in bytes.enumerated() { header[field.offset + index] = byte }
        }
        func set(_ field: TarHeader.Field, octal value: Int64) {
            let digits = String(value, radix: 8)
            let zeros = String(repeating: "0", count: field.size - 1 - digits.utf8.count)
            set(field, Array((zeros + digits).utf8))
        }
        set(TarHeader.name, name)
        set(TarHeader.mode, octal: mode)
        set(TarHeader.userID, octal: 0)
        set(TarHeader.groupID, octal: 0)
        set(TarHeader.size, octal: size)
        set(TarHeader.modificationTime, octal: 0)
        set(TarHeader.type, [type])
        set(TarHeader.magic, Array("ustar\0".utf8))
        set(TarHeader.version, Array("00".utf8))
        set(TarHeader.prefix, prefix)
        // Six digits, a NUL, and a space.
        let sum = String(TarHeader.sum(header), radix: 8)
        let digits = String(repeating: "0", count: 6 - sum.utf8.count) + sum
        set(TarHeader.checksum, Array(digits.utf8) + [0, 0x20])
        try header.withUnsafeBytes(sink)
    }
}
