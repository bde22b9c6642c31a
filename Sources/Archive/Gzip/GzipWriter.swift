/// Packs bytes into a gzip file (RFC 1952), in constant memory. The same bytes give the same file: it has neither a
/// time nor a name.
package final class GzipWriter {
    private let sink: ByteSink
    private var deflater: Deflater
    private var check = CRC32()
    private var size: Int64 = 0

    /// - Throws: Whatever the sink throws.
    package init(to sink: @escaping ByteSink) throws {
        self.sink = sink
        deflater = Deflater(sink)
        // DEFLATE, no flags, no time, no hint at the level, an unknown system.
        try ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] as [UInt8]).withUnsafeBytes(sink)
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        check.update(bytes)
        size += Int64(bytes.count)
        try deflater.write(bytes)
    }

    /// Writes what is left. The file is whole only after this.
    package func finish() throws {
        try deflater.finish()
        let trailer = UInt64(check.value) | UInt64(UInt32(truncatingIfNeeded: size)) << 32
        try withUnsafeBytes(of: trailer.littleEndian) { try sink($0) }
    }
}
