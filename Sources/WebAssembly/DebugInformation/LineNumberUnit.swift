/// The header of a line number program: how its opcodes work, and where its files are named.
struct LineNumberUnit: Sendable {
    /// The program, as offsets in the binary.
    let program: Range<Int>
    let instructionByteCount: UInt8
    let operationsPerInstruction: UInt8
    let lineBase: Int8
    /// Not 0.
    let lineRange: UInt8
    let firstSpecialOpcode: UInt8

    private let version: UInt16
    private let is64: Bool
    /// The operand counts of opcodes 1 and up, as offsets in the binary.
    private let operandCounts: [UInt8]
    /// The tables of directories and files, as offsets in the binary.
    private let names: Range<Int>

    /// Reads the header of a unit whose length has been read.
    init(_ unit: ByteReader, is64: Bool) throws(DecodingFailure) {
        var reader = unit
        self.is64 = is64
        version = try reader.readFixed16()
        guard (2...5).contains(version) else { throw .unsupported("line table version", at: reader.position) }
        if version >= 5 { try reader.skip(2) }  // The sizes of addresses and of segment selectors.
        let headerByteCount = try reader.readOffset(is64: is64)
        guard headerByteCount <= reader.remaining else { throw ByteReader.unexpectedEnd(at: reader.end) }
        let headerEnd = reader.position + headerByteCount
        instructionByteCount = try reader.readByte()
        operationsPerInstruction = version >= 4 ? try reader.readByte() : 1
        try reader.skip(1)  // Whether rows begin statements unless they say otherwise.
        lineBase = Int8(bitPattern: try reader.readByte())
        lineRange = try reader.readByte()
        firstSpecialOpcode = try reader.readByte()
        guard lineRange > 0, firstSpecialOpcode > 0, operationsPerInstruction > 0 else {
            throw .malformed("line table header", at: reader.position)
        }
        var operandCounts: [UInt8] = []
        for _ in 1..<max(1, firstSpecialOpcode) { operandCounts.append(try reader.readByte()) }
        self.operandCounts = operandCounts
        guard reader.position <= headerEnd else { throw .malformed("line table header", at: reader.position) }
        names = reader.position..<headerEnd
        program = headerEnd..<reader.end
    }

    func operandCount(of opcode: UInt8) -> Int {
        Int(operandCounts[Int(opcode) - 1])
    }

    /// The path of a file, by its number in the program.
    func path(ofFile index: UInt64, in binary: ModuleBinary, _ strings: DebugStrings) -> String? {
        var reader = ByteReader(binary, in: names)
        let tables =
            version >= 5
            ? try? FileTables(reading: &reader, is64: is64, in: binary, strings)
            : try? FileTables(readingTerminated: &reader, in: binary)
        return tables?.path(ofFile: index)
    }
}

/// The directories and files that a line number program names.
private struct FileTables {
    private var directories: [String] = []
    private var files: [(name: String, directory: Int)] = []
    /// The number of the first file.
    private let firstFile: UInt64

    func path(ofFile index: UInt64) -> String? {
        guard index >= firstFile, index - firstFile < UInt64(files.count) else { return nil }
        let file = files[Int(index - firstFile)]
        guard !file.name.hasPrefix("/"), directories.indices.contains(file.directory) else { return file.name }
        let directory = directories[file.directory]
        if directory.isEmpty { return file.name }
        // Directories but the first may be relative to it.
        let isRelative = file.directory > 0 && !directory.hasPrefix("/") && !directories[0].isEmpty
        return (isRelative ? directories[0] + "/" : "") + directory + "/" + file.name
    }

    /// Versions 2 to 4: strings, the last one empty. Directory 0, where the compiler ran, stands elsewhere.
    init(readingTerminated reader: inout ByteReader, in binary: ModuleBinary) throws(DecodingFailure) {
        firstFile = 1
        directories = [""]
        while case let name = try reader.readString(in: binary), !name.isEmpty { directories.append(name) }
        while case let name = try reader.readString(in: binary), !name.isEmpty {
            let directory = Int(truncatingIfNeeded: try reader.readU64())
            _ = try reader.readU64()  // The time of the last change.
            _ = try reader.readU64()  // The size.
            files.append((name, directory))
        }
    }

    /// Version 5: entries whose fields the header describes.
    init(
        reading reader: inout ByteReader, is64: Bool, in binary: ModuleBinary, _ strings: DebugStrings
    ) throws(DecodingFailure) {
        firstFile = 0
        directories = try FileTables.readEntries(&reader, is64: is64, in: binary, strings).map(\.name)
        files = try FileTables.readEntries(&reader, is64: is64, in: binary, strings)
    }

    private static func readEntries(
        _ reader: inout ByteReader, is64: Bool, in binary: ModuleBinary, _ strings: DebugStrings
    ) throws(DecodingFailure) -> [(name: String, directory: Int)] {
        var formats: [(content: UInt64, form: UInt64)] = []
        for _ in 0..<(try reader.readByte()) {
            let content = try reader.readU64()
            formats.append((content, try reader.readU64()))
        }
        let start = reader.position
        let count = try reader.readU64()
        // An entry without fields takes no bytes, so that nothing else would bound their number.
        guard count <= UInt64(reader.remaining), !formats.isEmpty || count == 0 else {
            throw .malformed("line table entries", at: start)
        }
        var entries: [(name: String, directory: Int)] = []
        for _ in 0..<count {
            var name = ""
            var directory = 0
            for (content, form) in formats {
                let value = try reader.readAttribute(form, is64: is64, in: binary, strings)
                switch (content, value) {
                case (1, .string(let string)): name = string
                case (2, .number(let number)): directory = Int(truncatingIfNeeded: number)
                default: break
                }
            }
            entries.append((name, directory))
        }
        return entries
    }
}

extension ByteReader {
    /// The length of a unit, and the unit's content.
    mutating func readUnit() throws(DecodingFailure) -> (content: ByteReader, is64: Bool) {
        var length = Int(try readFixed32())
        let is64 = length == 0xFFFF_FFFF
        if is64 { length = try readOffset(is64: true) }
        return (try readSlice(length), is64)
    }

    /// A length or an offset in another section.
    fileprivate mutating func readOffset(is64: Bool) throws(DecodingFailure) -> Int {
        guard is64 else { return Int(try readFixed32()) }
        let start = position
        guard let offset = Int(exactly: try readFixed64()) else { throw .malformed("offset", at: start) }
        return offset
    }

    /// Two bytes, little-endian.
    mutating func readFixed16() throws(DecodingFailure) -> UInt16 {
        let low = UInt16(try readByte())
        return low | UInt16(try readByte()) << 8
    }

    /// A string that ends with a zero byte.
    fileprivate mutating func readString(in binary: ModuleBinary) throws(DecodingFailure) -> String {
        let start = position
        while try readByte() != 0 {}
        return String(decoding: binary.bytes(in: start..<position - 1), as: UTF8.self)
    }

    fileprivate enum Attribute {
        case string(String)
        case number(UInt64)
        case other
    }

    /// A field of an entry, in one of the forms that version 5 allows there.
    fileprivate mutating func readAttribute(
        _ form: UInt64, is64: Bool, in binary: ModuleBinary, _ strings: DebugStrings
    ) throws(DecodingFailure) -> Attribute {
        switch form {
        case 0x08: return .string(try readString(in: binary))
        case 0x0E, 0x1F:  // strp, line_strp
            let offset = try readOffset(is64: is64)
            guard let section = form == 0x0E ? strings.strings : strings.lineStrings, offset < section.count else {
                return .other
            }
            var reader = ByteReader(binary, in: section.lowerBound + offset..<section.upperBound)
            return .string(try reader.readString(in: binary))
        case 0x0B: return .number(UInt64(try readByte()))
        case 0x05: return .number(UInt64(try readFixed16()))
        case 0x06: return .number(UInt64(try readFixed32()))
        case 0x07: return .number(try readFixed64())
        case 0x0F: return .number(try readU64())
        case 0x1E: try skip(16)  // data16
        case 0x09: try skip(Int(truncatingIfNeeded: try readU64()))  // block
        default: throw .unsupported("form of a line table's entry", at: position)
        }
        return .other
    }
}
