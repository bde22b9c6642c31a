/// Reads a tar archive (ustar, pax, and the GNU extensions for long names and large sizes), in constant memory.
///
/// Only files and directories below the archive's root are accepted, each once. Links, devices and the like, paths that
/// lead outside, headers that are damaged, and data after the end are errors, since archives come from anybody.
///
///     while let entry = try reader.next() { … try reader.read(into: buffer) … }
package final class TarReader {
    /// What is read of long names and extended headers.
    private static let extensionLimit: Int64 = 64 << 10
    private static let pathLimit = 4096

    private let source: ByteSource
    private let limits: UnpackingLimits
    private let maximumEntries: Int
    /// Where the next byte stands in the archive.
    private var offset: Int64 = 0
    /// What is left of the current file, and of its last block after it.
    private var remaining: Int64 = 0
    private var padding: Int64 = 0
    private var contentSize: Int64 = 0
    /// The paths of the entries so far, in bytes as a file system compares them, and whether they are files.
    private var known: [[UInt8]: Bool] = [:]
    private var isAtEnd = false

    /// What an extended header says of the entry after it.
    private struct Extensions {
        var path: String?
        var size: Int64?
        var isEmpty: Bool { path == nil && size == nil }
    }

    package init(
        limits: UnpackingLimits = UnpackingLimits(), maximumEntries: Int = 1_000_000, from source: @escaping ByteSource
    ) {
        self.limits = limits
        self.maximumEntries = maximumEntries
        self.source = source
    }

    /// The next file or directory; what was not read of the file before is passed over. `nil` at the end, where
    /// everything was checked.
    /// - Throws: `ArchiveError`, and whatever the source throws.
    package func next() throws -> TarEntry? {
        guard !isAtEnd else { return nil }
        try skip(remaining + padding)
        remaining = 0
        padding = 0
        var extensions = Extensions()
        while true {
            let place = offset
            let header = try block()
            if header.allSatisfy({ $0 == 0 }) {
                guard extensions.isEmpty else { throw malformed(place, "an extended header has no entry after it") }
                try finish()
                return nil
            }
            try checkSum(header, at: place)
            let type = header[TarHeader.type.offset]
            let size = try number(header, TarHeader.size, at: place, name: "size")
            switch type {
            case UInt8(ascii: "x"):
                guard extensions.isEmpty else { throw malformed(place, "two extended headers follow each other") }
                extensions = try readExtendedHeader(size, at: place)
            case UInt8(ascii: "g"):
                let global = try readExtendedHeader(size, at: place)
                guard global.isEmpty else {
                    throw malformed(place, "a global header gives all entries the same path or size")
                }
            case UInt8(ascii: "L"):
                guard extensions.path == nil else { throw malformed(place, "an entry has two long names") }
                let name = try readExtension(size, at: place)
                extensions.path = try text(name.prefix { $0 != 0 }, at: place)
            default: return try entry(header, type, extensions, size: extensions.size ?? size, at: place)
            }
        }
    }

    /// Puts bytes of the current file into `buffer`, which is not empty, and returns their number; 0 at its end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard remaining > 0 else { return 0 }
        let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(Int64(buffer.count), remaining))])
        let count = try receive(into: wanted)
        remaining -= Int64(count)
        return count
    }

    // MARK: Entries

    private func entry(
        _ header: [UInt8], _ type: UInt8, _ extensions: Extensions, size: Int64, at place: Int64
    ) throws -> TarEntry {
        let rawPath = try extensions.path ?? path(of: header, at: place)
        // Before POSIX, a directory was told by the slash at its end.
        let isDirectory = type == UInt8(ascii: "5") || (type == 0 && rawPath.utf8.last == Self.slash)
        guard isDirectory || type == 0 || type == UInt8(ascii: "0") else {
            throw ArchiveError.refused(path: rawPath, problem: "it is \(Self.description(ofType: type))")
        }
        let path = try Self.checked(rawPath)
        guard isDirectory || !(path.isEmpty || rawPath.utf8.last == Self.slash) else {
            throw ArchiveError.refused(path: rawPath, problem: "it is a file without a name")
        }
        guard !isDirectory || size == 0 else {
            throw ArchiveError.refused(path: rawPath, problem: "it is a directory with content")
        }
        try register(path, rawPath: rawPath, isFile: !isDirectory)
        let (total, overflow) = contentSize.addingReportingOverflow(size)
        guard !overflow, total <= limits.maximumSize else { throw ArchiveError.tooLarge(limit: limits.maximumSize) }
        contentSize = total
        remaining = size
        padding = TarHeader.padding(after: size)
        let mode = try number(header, TarHeader.mode, at: place, name: "mode")
        return TarEntry(
            path: path, kind: isDirectory ? .directory : .file, size: size,
            isExecutable: !isDirectory && mode & 0o100 != 0)
    }

    private func register(_ path: String, rawPath: String, isFile: Bool) throws(ArchiveError) {
        guard known.count < maximumEntries else {
            throw .refused(path: rawPath, problem: "the archive has more than \(maximumEntries) entries")
        }
        let bytes = Array(path.utf8)
        guard known.updateValue(isFile, forKey: bytes) == nil else {
            throw .refused(path: rawPath, problem: "it occurs twice")
        }
        for (index, byte) in bytes.enumerated() where byte == Self.slash && known[Array(bytes[..<index])] == true {
            let parent = String(decoding: bytes[..<index], as: UTF8.self)
            throw .refused(path: rawPath, problem: "it is below \(parent.debugDescription), which is a file")
        }
    }

    private static let slash = UInt8(ascii: "/")

    /// The path without what means nothing in it. By bytes, as file systems see it: to Swift, a slash and a mark that
    /// combines with it are one character, which is no slash.
    private static func checked(_ path: String) throws(ArchiveError) -> String {
        func refused(_ problem: String) -> ArchiveError { .refused(path: path, problem: problem) }
        guard !path.isEmpty else { throw refused("it has no name") }
        guard path.utf8.count <= pathLimit else { throw refused("its path is longer than \(pathLimit) bytes") }
        guard path.utf8.first != slash else { throw refused("its path is absolute") }
        guard !path.utf8.contains(0) else { throw refused("its path has a NUL byte") }
        let components = path.utf8.split(separator: slash).filter { !$0.elementsEqual(".".utf8) }
        guard !components.contains(where: { $0.elementsEqual("..".utf8) }) else {
            throw refused("its path leads out of the archive")
        }
        return components.map { String(Substring($0)) }.joined(separator: "/")
    }

    private static func description(ofType type: UInt8) -> String {
        switch type {
        case UInt8(ascii: "1"): "a hard link"
        case UInt8(ascii: "2"), UInt8(ascii: "K"): "a symbolic link"
        case UInt8(ascii: "3"), UInt8(ascii: "4"): "a device"
        case UInt8(ascii: "6"): "a named pipe"
        case UInt8(ascii: "S"): "a sparse file, which is not read"
        default: "of the type \(String(UnicodeScalar(type)).debugDescription), which is neither a file nor a directory"
        }
    }

    // MARK: Headers

    private func malformed(_ place: Int64, _ problem: String) -> ArchiveError {
        .malformedHeader(offset: place, problem: problem)
    }

    private func checkSum(_ header: [UInt8], at place: Int64) throws(ArchiveError) {
        let expected = try number(header, TarHeader.checksum, at: place, name: "checksum")
        guard Int(expected) == TarHeader.sum(header) else { throw malformed(place, "its checksum is wrong") }
    }

    /// A number: octal digits between spaces, ended by a space or NUL, or as GNU has it, 95 bits after a byte of 0x80.
    private func number(
        _ header: [UInt8], _ field: TarHeader.Field, at place: Int64, name: String
    ) throws(ArchiveError) -> Int64 {
        let bytes = header[field.range]
        var value: Int64 = 0
        if bytes.first == 0x80 {
            for byte in bytes.dropFirst() {
                guard value >> 55 == 0 else { throw malformed(place, "its \(name) is too large") }
                value = value << 8 | Int64(byte)
            }
            return value
        }
        let digits = bytes.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
        for digit in digits {
            guard (0x30...0x37).contains(digit) else { throw malformed(place, "its \(name) is no octal number") }
            value = value << 3 | Int64(digit - 0x30)
        }
        return value
    }

    private func path(of header: [UInt8], at place: Int64) throws(ArchiveError) -> String {
        let name = header[TarHeader.name.range].prefix { $0 != 0 }
        // Only POSIX's format has a prefix; GNU's has other things there.
        let isUstar = header[TarHeader.magic.range].elementsEqual("ustar\0".utf8)
        let prefix = isUstar ? header[TarHeader.prefix.range].prefix { $0 != 0 } : []
        return try text(prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name, at: place)
    }

    private func text(_ bytes: some Sequence<UInt8>, at place: Int64) throws(ArchiveError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw malformed(place, "a path is not UTF-8") }
        return text
    }

    /// Reads the records of an extended header: `LENGTH KEY=VALUE\n`, the length in decimal, itself included.
    private func readExtendedHeader(_ size: Int64, at place: Int64) throws -> Extensions {
        var extensions = Extensions()
        var rest = try readExtension(size, at: place)[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != 0x20 }
            guard digits.count <= 6, digits.allSatisfy({ (0x30...0x39).contains($0) }),
                let length = Int(String(decoding: digits, as: UTF8.self)),
                length > digits.count + 1, length <= rest.count, rest[rest.startIndex + length - 1] == 0x0A
            else { throw malformed(place, "a record of the extended header is malformed") }
            let record = rest.prefix(length - 1).dropFirst(digits.count + 1)
            rest = rest.dropFirst(length)
            guard let sign = record.firstIndex(of: UInt8(ascii: "=")) else {
                throw malformed(place, "a record of the extended header has no value")
            }
            let value = record[(sign + 1)...]
            switch String(decoding: record[..<sign], as: UTF8.self) {
            case "path": extensions.path = try text(value, at: place)
            case "size":
                guard value.allSatisfy({ (0x30...0x39).contains($0) }),
                    let size = Int64(String(decoding: value, as: UTF8.self))
                else { throw malformed(place, "the size in the extended header is no number") }
                extensions.size = size
            case let key where key.hasPrefix("GNU.sparse"):
                throw malformed(place, "the entry is a sparse file, which is not read")
            default: break
            }
        }
        return extensions
    }

    private func readExtension(_ size: Int64, at place: Int64) throws -> [UInt8] {
        guard size <= Self.extensionLimit else {
            throw malformed(place, "it has \(size) bytes of a name or of extensions")
        }
        let bytes = try bytes(Int(size))
        try skip(TarHeader.padding(after: size))
        return bytes
    }

    // MARK: Bytes

    private func receive(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try source(buffer)
        guard count > 0 else { throw ArchiveError.truncated }
        offset += Int64(count)
        return count
    }

    private func bytes(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { buffer in
            var filled = 0
            while filled < count {
                filled += try receive(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            }
        }
        return bytes
    }

    private func block() throws -> [UInt8] { try bytes(TarHeader.blockSize) }

    private func skip(_ count: Int64) throws {
        guard count > 0 else { return }
        var left = count
        try withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 8) { buffer in
            while left > 0 {
                left -= Int64(
                    try receive(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(left, 16 << 10))])))
            }
        }
    }

    /// Reads what follows the first block of zeros: another, and zeros only, since writers fill up to some size.
    private func finish() throws {
        guard try block().allSatisfy({ $0 == 0 }) else {
            throw malformed(offset - 512, "a single block of zeros precedes it")
        }
        try withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 8) { buffer in
            while true {
                let count = try source(buffer)
                if count == 0 { break }
                guard buffer[..<count].allSatisfy({ $0 == 0 }) else { throw ArchiveError.trailingData }
            }
        }
        isAtEnd = true
    }
}
