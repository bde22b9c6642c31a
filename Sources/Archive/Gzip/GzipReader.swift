/// Unpacks a gzip file (RFC 1952) of one member, in constant memory.
///
/// What it gives is only known to be right once `read` has returned 0: then length and checksum were compared, and
/// there was nothing after them.
package final class GzipReader {
    private let input: PackedInput
    private let limits: UnpackingLimits
    private var inflater: Inflater
    private var check = CRC32()
    private var unpackedSize: Int64 = 0
    /// What was unpacked and not handed out yet.
    private var pending = UnsafeRawBufferPointer(start: nil, count: 0)
    private var state = State.header

    private enum State { case header, data, finished }

    package init(limits: UnpackingLimits = UnpackingLimits(), from source: @escaping ByteSource) {
        self.limits = limits
        input = PackedInput(source)
        inflater = Inflater(input)
    }

    /// Puts unpacked bytes into `buffer`, which is not empty, and returns their number; 0 at the end.
    /// - Throws: `ArchiveError`, and whatever the source throws.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if state == .header {
            try readHeader()
            state = .data
        }
        while pending.isEmpty {
            guard state == .data else { return 0 }
            guard let piece = try inflater.next() else {
                try readTrailer()
                state = .finished
                return 0
            }
            unpackedSize += Int64(piece.count)
            try limits.check(packed: input.consumed, unpacked: unpackedSize)
            check.update(piece)
            pending = piece
        }
        let count = min(buffer.count, pending.count)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: pending[..<count]))
        pending = UnsafeRawBufferPointer(rebasing: pending[count...])
        return count
    }

    private func readHeader() throws {
        guard try input.fill() else { throw ArchiveError.truncated }
        var header: [UInt8] = []
        func next() throws -> UInt8 {
            let byte = try input.required()
            header.append(byte)
            return byte
        }
        guard try next() == 0x1F, try next() == 0x8B else {
            throw ArchiveError.notGzip("it does not begin as one does")
        }
        guard try next() == 8 else { throw ArchiveError.notGzip("it is not compressed by DEFLATE") }
        let flags = try next()
        guard flags & 0xE0 == 0 else { throw ArchiveError.notGzip("it has flags that are not defined") }
        // The time, the level and the system.
        for _ in 0..<6 { _ = try next() }
        if flags & 0x04 != 0 {
            let length = Int(try next()) | Int(try next()) << 8
            for _ in 0..<length { _ = try next() }
        }
        // The name, and the comment.
        for flag in [0x08, 0x10] as [UInt8] where flags & flag != 0 {
            while try next() != 0 {
                guard header.count < 256 << 10 else { throw ArchiveError.notGzip("its header does not end") }
            }
        }
        if flags & 0x02 != 0 {
            let expected = UInt16(truncatingIfNeeded: CRC32.checksum(header))
            guard UInt16(try next()) | UInt16(try next()) << 8 == expected else { throw ArchiveError.wrongChecksum }
        }
    }

    private func readTrailer() throws {
        func word() throws -> UInt32 {
            var word: UInt32 = 0
            for shift in [0, 8, 16, 24] as [UInt32] { word |= UInt32(try input.required()) << shift }
            return word
        }
        guard try word() == check.value, try word() == UInt32(truncatingIfNeeded: unpackedSize) else {
            throw ArchiveError.wrongChecksum
        }
        guard try !input.fill() else { throw ArchiveError.trailingData }
    }
}
