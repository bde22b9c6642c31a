import Archive

/// The first byte says what the rest is, and in which pieces it comes: a gzip file, DEFLATE data that gets a header and a
/// trailer that are right, or bytes to be packed. All of them come to what zlib makes of them.
enum GzipFiles {
    /// Little, so that a try is quick.
    private static let limit = 64 << 10

    static func run(_ input: UnsafeBufferPointer<UInt8>) {
        guard let choice = input.first else { return }
        let bytes = Array(input.dropFirst())
        let cut = Cut(choice >> 2)
        switch choice & 3 {
        case 0:
            let expected = Zlib.inflate(bytes, .gzip, limit: limit)
            // A file of one member is all that is read.
            compare(bytes, cut, expected.flatMap { $0.consumed == bytes.count ? $0.bytes : nil })
        case 1:
            guard let (unpacked, consumed) = Zlib.inflate(bytes, .raw, limit: limit) else {
                return compare(file(bytes, containing: []), cut, nil)
            }
            compare(file(Array(bytes[..<consumed]), containing: unpacked), cut, unpacked)
        default: pack(bytes, cut)
        }
    }

    private static func pack(_ bytes: [UInt8], _ cut: Cut) {
        let packed = packed(bytes, .whole)
        guard packed == self.packed(bytes, cut) else { fatalError("in pieces, the bytes are packed in another way") }
        guard !Zlib.isAvailable || Zlib.inflate(packed, .gzip, limit: limit)?.bytes == bytes else {
            fatalError("zlib does not unpack what was packed")
        }
        guard unpacked(packed, cut) == bytes else { fatalError("what was packed is not what is unpacked") }
    }

    private static func compare(_ file: [UInt8], _ cut: Cut, _ expected: [UInt8]?) {
        let whole = unpacked(file, .whole)
        guard whole == unpacked(file, cut) else { fatalError("in pieces, the file unpacks to something else") }
        guard !Zlib.isAvailable || whole == expected else {
            fatalError("zlib has \(expected.map { "\($0.count) bytes" } ?? "nothing"), not \(whole?.count ?? -1)")
        }
    }

    /// DEFLATE data as a file.
    private static func file(_ data: [UInt8], containing bytes: [UInt8]) -> [UInt8] {
        var file: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        file += data
        let trailer = UInt64(checksum(bytes)) | UInt64(bytes.count) << 32
        withUnsafeBytes(of: trailer.littleEndian) { file += $0 }
        return file
    }

    /// The CRC of RFC 1952, bit by bit.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var value = UInt32.max
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        return ~value
    }

    private static func unpacked(_ file: [UInt8], _ cut: Cut) -> [UInt8]? {
        let source = CutSource(file, cut)
        let reader = GzipReader(limits: UnpackingLimits(maximumSize: Int64(limit))) { source.read(into: $0) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 3_000)
        do {
            while case let count = try buffer.withUnsafeMutableBytes({ try reader.read(into: $0) }), count > 0 {
                bytes += buffer[..<count]
            }
            return bytes
        } catch {
            return nil
        }
    }

    static func packed(_ bytes: [UInt8], _ cut: Cut) -> [UInt8] {
        var file: [UInt8] = []
        do {
            let writer = try GzipWriter { file += $0 }
            var written = 0
            while case let count = cut.next(after: written, of: bytes.count), count > 0 {
                try bytes[written..<written + count].withUnsafeBytes { try writer.write($0) }
                written += count
            }
            try writer.finish()
        } catch {
            fatalError("packing fails: \(error)")
        }
        return file
    }
}
