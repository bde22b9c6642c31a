import Archive
import Testing

@Suite("Gzip")
struct GzipTests {
    /// Contents that take each way through the packer: nothing, less than a match, blocks of each type, runs, matches
    /// that reach back as far as they can, and more than a segment of each.
    static let contents: [Content] = {
        var bytes = Bytes(seed: 1)
        let far = bytes.random(32_768)
        // Frequencies that double each time make the longest codes.
        let skewed = (0..<18).flatMap { [UInt8](repeating: UInt8($0) &* 37, count: 1 << $0) }.shuffled(&bytes)
        return [
            Content("nothing", []), Content("one byte", [7]), Content("three bytes", [1, 2, 3]),
            Content("text", Array("to be or not to be, to be".utf8)),
            Content("zeros", [UInt8](repeating: 0, count: 1_000_000)), Content("noise", bytes.random(700_000)),
            Content("repetitions", bytes.repetitive(1_500_000)),
            Content("far repetitions", far + far + bytes.random(300_000) + far + far),
            Content(
                "noise amid repetitions",
                bytes.repetitive(200_000) + bytes.random(200_000) + bytes.repetitive(200_000)),
            Content("all bytes", (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 3) }), Content("skewed", skewed),
        ]
    }()

    @Test("gives back what it was given", arguments: contents)
    func givesBackWhatItWasGiven(content: Content) throws {
        let file = try packed(content.bytes)
        let isSame = try content.matches(unpacked(file))
        #expect(isSame)
        #expect(file.count <= content.bytes.count + content.bytes.count / 1000 + 40)
    }

    @Test("packs and unpacks in pieces of any size alike") func packsAndUnpacksInPiecesOfAnySizeAlike() throws {
        var random = Bytes(seed: 2)
        let bytes = random.repetitive(700_000)
        let file = try packed(bytes)
        for piece in [1, 7, 4096, 300_000] {
            let isPackedAlike = try packed(bytes, piece: piece) == file
            let isUnpackedAlike = try unpacked(file, piece: piece) == bytes
            #expect(isPackedAlike && isUnpackedAlike, "pieces of \(piece)")
        }
    }

    @Test("makes small what repeats") func makesSmallWhatRepeats() throws {
        var random = Bytes(seed: 3)
        #expect(try packed([UInt8](repeating: 0, count: 10_000_000)).count < 12_000)
        #expect(try packed(random.repetitive(1_000_000)).count < 60_000)
    }

    @Test(
        "is understood by gzip, and understands it", .enabled(if: Tool.isThere("gzip"), "there is no gzip"),
        arguments: contents)
    func isUnderstoodByGzipAndUnderstandsIt(content: Content) throws {
        let gzip = try #require(Tool("gzip"))
        let isUnderstood = try content.matches(gzip.run(["-dc"], input: packed(content.bytes)))
        #expect(isUnderstood)
        for level in ["-1", "-6", "-9"] {
            let isSame = try content.matches(unpacked(gzip.run(["-nc", level], input: content.bytes)))
            #expect(isSame, "level \(level)")
        }
    }

    @Test(
        "is understood by zlib, and understands each of its strategies",
        .enabled(if: Tool.isThere("python3"), "there is no python3"))
    func isUnderstoodByZlibAndUnderstandsEachOfItsStrategies() throws {
        let python = try #require(Tool("python3"))
        var random = Bytes(seed: 4)
        let bytes = random.repetitive(400_000) + random.random(100_000)
        let unpack = "import sys,gzip; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))"
        let isUnderstood = try python.run(["-c", unpack], input: packed(bytes)) == bytes
        #expect(isUnderstood)
        // Default, filtered, Huffman codes only, runs only, fixed codes; stored at level 0.
        for strategy in 0...4 {
            for level in [0, 1, 9] {
                let pack = """
                    import sys,zlib
                    c = zlib.compressobj(\(level), zlib.DEFLATED, 31, 8, \(strategy))
                    sys.stdout.buffer.write(c.compress(sys.stdin.buffer.read()) + c.flush())
                    """
                let isSame = try unpacked(python.run(["-c", pack], input: bytes)) == bytes
                #expect(isSame, "strategy \(strategy), level \(level)")
            }
        }
    }

    @Test("reads a header with all that it may have") func readsAHeaderWithAllThatItMayHave() throws {
        let plain = try packed(Array("content".utf8))
        var header: [UInt8] = [0x1F, 0x8B, 8, 0x1F, 1, 2, 3, 4, 0, 3, 3, 0, 9, 9, 9]
        header += Array("name\0comment\0".utf8)
        let check = UInt16(truncatingIfNeeded: CRC32.checksum(header))
        let file = header + [UInt8(check & 0xFF), UInt8(check >> 8)] + plain[10...]
        #expect(try unpacked(file) == Array("content".utf8))
        #expect(throws: ArchiveError.wrongChecksum) { try unpacked(header + [UInt8(~check & 0xFF), 0] + plain[10...]) }
    }

    @Test("computes the check value of the specification's polynomial")
    func computesTheCheckValueOfTheSpecificationsPolynomial() {
        #expect(CRC32.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
        var check = CRC32()
        let bytes = Array("The quick brown fox jumps over the lazy dog, and then it does so once more.".utf8)
        for byte in bytes { withUnsafeBytes(of: byte) { check.update($0) } }
        #expect(check.value == CRC32.checksum(bytes))
    }

    // MARK: Hostile files

    @Test("refuses a file that is cut off anywhere") func refusesAFileThatIsCutOffAnywhere() throws {
        var random = Bytes(seed: 5)
        let file = try packed(random.repetitive(3_000))
        for count in 0..<file.count {
            #expect(throws: ArchiveError.truncated) { try unpacked(Array(file[..<count])) }
        }
    }

    @Test("refuses what stands after the end") func refusesWhatStandsAfterTheEnd() throws {
        let file = try packed(Array("content".utf8))
        #expect(throws: ArchiveError.trailingData) { try unpacked(file + [0]) }
        #expect(throws: ArchiveError.trailingData) { try unpacked(file + file) }
    }

    @Test("refuses a wrong checksum and a wrong length") func refusesAWrongChecksumAndAWrongLength() throws {
        let file = try packed(Array("content".utf8))
        for distance in 1...8 {
            var damaged = file
            damaged[file.count - distance] ^= 1
            #expect(throws: ArchiveError.wrongChecksum) { try unpacked(damaged) }
        }
    }

    @Test("refuses damage in every bit, or is not hurt by it") func refusesDamageInEveryBitOrIsNotHurtByIt() throws {
        var random = Bytes(seed: 6)
        let bytes = random.repetitive(2_000)
        let file = try packed(bytes)
        for index in 0..<file.count * 8 {
            var damaged = file
            damaged[index / 8] ^= 1 << UInt8(index % 8)
            // Bits of the header's time and the like mean nothing.
            let isUnhurt = (try? unpacked(damaged)).map { $0 == bytes } ?? true
            #expect(isUnhurt, "bit \(index)")
        }
    }

    @Test(
        "refuses data that breaks the rules",
        arguments: [
            ([0b111], "a block is of a type that does not exist"),
            ([0b001, 5, 0, 5, 0], "the length of a stored block contradicts itself"),
            // Fixed codes: a match of length 3 at distance 1, before which there is nothing.
            ([0x03, 0x02, 0x00], "a match begins before the data does"),
            // Fixed codes: length symbol 286, which is 11000110.
            ([0x1B, 0x03, 0x00], "a code does not exist"),
        ] as [([UInt8], String)])
    func refusesDataThatBreaksTheRules(data: [UInt8], problem: String) {
        let file: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + data + [UInt8](repeating: 0, count: 16)
        #expect(throws: ArchiveError.malformedData(problem)) { try unpacked(file) }
    }

    @Test("refuses what is no gzip file") func refusesWhatIsNoGzipFile() {
        #expect(throws: ArchiveError.notGzip("it does not begin as one does")) { try unpacked(Array("PK stuff".utf8)) }
        #expect(throws: ArchiveError.self) { try unpacked([0x1F, 0x8B, 7, 0]) }
        #expect(throws: ArchiveError.self) { try unpacked([0x1F, 0x8B, 8, 0x80]) }
        #expect(throws: ArchiveError.truncated) { try unpacked([]) }
    }

    @Test("refuses bombs, by their size and by their ratio") func refusesBombsByTheirSizeAndByTheirRatio() throws {
        var output: [UInt8] = []
        let writer = try GzipWriter { output.append(contentsOf: $0) }
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        for _ in 0..<80 { try zeros.withUnsafeBytes { try writer.write($0) } }
        try writer.finish()
        func size(_ limits: UnpackingLimits) throws -> Int {
            let reader = GzipReader(limits: limits, from: source(output))
            var size = 0
            try withUnsafeTemporaryAllocation(byteCount: 1 << 20, alignment: 8) { buffer in
                while case let count = try reader.read(into: buffer), count > 0 { size += count }
            }
            return size
        }
        #expect(throws: ArchiveError.tooLarge(limit: 1 << 20)) { try size(UnpackingLimits(maximumSize: 1 << 20)) }
        let error = #expect(throws: ArchiveError.self) { try size(UnpackingLimits()) }
        #expect(error?.description.contains("which only an attack does") == true)
        #expect(try size(UnpackingLimits(maximumRatio: nil)) == 80 << 20)
    }
}

extension Array {
    fileprivate func shuffled(_ bytes: inout Bytes) -> [Element] {
        var copy = self
        for index in indices.dropFirst() { copy.swapAt(index, Int(bytes.next()) % (index + 1)) }
        return copy
    }
}
