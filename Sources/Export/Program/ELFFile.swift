import Platform

/// What an executable or a shared library of Linux says it needs, read from the file (ELF, 64 bits, little-endian: System V
/// ABI, chapters 4 and 5).
struct ELFFile {
    /// The names of the libraries that it is linked with, such as `libc.so.6`, in its order.
    private(set) var libraries: [String] = []
    /// By which name others are linked with it; `nil` for a program.
    private(set) var name: String?
    /// The program that loads it; `nil` for a library, and for what needs none.
    private(set) var interpreter: String?

    private struct Segment {
        let type: UInt32
        let offset: Int
        let address: Int
        let size: Int
    }

    private static let longestTable = 16 << 20

    /// - Throws: `ExportError` if the file is of another kind, or damaged.
    init(path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError.last("read", path: path) }
        defer { close(descriptor) }
        func bytes(at offset: Int, count: Int) throws -> [UInt8] {
            guard offset >= 0, (0...Self.longestTable).contains(count) else { throw Self.malformed(path) }
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                while filled < count {
                    let step = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                    if step > 0 { filled += step } else if step == 0 || errno != EINTR { return }
                }
            }
            guard bytes.count == count else { throw Self.malformed(path) }
            return bytes
        }
        let header = try bytes(at: 0, count: 64)
        guard header.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else { throw Self.malformed(path) }
        let (entrySize, count) = (Int(header.number(at: 54, size: 2)), Int(header.number(at: 56, size: 2)))
        guard entrySize >= 56 else { throw Self.malformed(path) }
        let table = try bytes(at: Int(truncatingIfNeeded: header.number(at: 32, size: 8)), count: entrySize * count)
        let segments = (0..<count).map { index in
            let start = index * entrySize
            return Segment(
                type: UInt32(table.number(at: start, size: 4)),
                offset: Int(truncatingIfNeeded: table.number(at: start + 8, size: 8)),
                address: Int(truncatingIfNeeded: table.number(at: start + 16, size: 8)),
                size: Int(truncatingIfNeeded: table.number(at: start + 32, size: 8)))
        }
        if let segment = segments.first(where: { $0.type == 3 }) {
            interpreter = try bytes(at: segment.offset, count: segment.size).text(at: 0)
        }
        guard let dynamic = segments.first(where: { $0.type == 2 }) else { return }
        let entries = try bytes(at: dynamic.offset, count: dynamic.size)
        var names: [Int] = []
        var ownName: Int?
        var (address, size) = (0, 0)
        for start in stride(from: 0, to: entries.count - 15, by: 16) {
            let value = Int(truncatingIfNeeded: entries.number(at: start + 8, size: 8))
            switch entries.number(at: start, size: 8) {
            case 1: names.append(value)
            case 5: address = value
            case 10: size = value
            case 14: ownName = value
            default: break
            }
        }
        guard !names.isEmpty || ownName != nil else { return }
        guard
            let segment = segments.first(where: {
                $0.type == 1 && address >= $0.address && address - $0.address < $0.size
            })
        else { throw Self.malformed(path) }
        let strings = try bytes(at: segment.offset + (address - segment.address), count: size)
        name = ownName.flatMap { strings.text(at: $0) }
        libraries = try names.map { offset in
            guard let name = strings.text(at: offset) else { throw Self.malformed(path) }
            return name
        }
    }

    private static func malformed(_ path: String) -> ExportError {
        ExportError("\(path) is no program or library of 64 bits for Linux")
    }
}

extension [UInt8] {
    /// The little-endian number of `size` bytes.
    fileprivate func number(at offset: Int, size: Int) -> UInt64 {
        self[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The text up to a NUL; `nil` if there is none, or it is not UTF-8.
    fileprivate func text(at offset: Int) -> String? {
        guard indices.contains(offset), let end = self[offset...].firstIndex(of: 0) else { return nil }
        return String(validating: self[offset..<end], as: UTF8.self)
    }
}
