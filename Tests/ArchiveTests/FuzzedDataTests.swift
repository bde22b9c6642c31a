import Archive
import TestSupport
import Testing

@Suite("Data of the fuzzer")
struct FuzzedDataTests {
    @Test("unpacks to what zlib unpacks it to, in whatever pieces it comes") func verdicts() throws {
        let cases = try FuzzedInputs.cases("deflate")
        #expect(cases.count > 40)
        for one in cases {
            let digits = Array(one.text.utf8)
            let data = stride(from: 0, to: digits.count, by: 2).compactMap { index in
                UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)
            }
            // The verdict is a checksum and a size.
            let words = one.verdict.split(separator: " ")
            let size = one.isValid ? Int(words[1]) : nil
            let trailer = UInt64(UInt32(words[0], radix: 16) ?? 0) | UInt64(size ?? 0) << 32
            var file: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
            file += data
            withUnsafeBytes(of: trailer.littleEndian) { file += $0 }
            for piece in [1, .max] { #expect((try? unpacked(file, piece: piece).count) == size, "\(one.text)") }
        }
    }
}
