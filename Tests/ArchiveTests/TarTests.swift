import Archive
import Foundation
import TestSupport
import Testing

/// An entry with its bytes.
struct Item: Equatable {
    let entry: TarEntry
    let bytes: [UInt8]

    init(_ entry: TarEntry, _ bytes: [UInt8] = []) {
        self.entry = entry
        self.bytes = bytes
    }

    static func file(_ path: String, _ text: String, isExecutable: Bool = false) -> Item {
        Item(
            TarEntry(path: path, kind: .file, size: Int64(text.utf8.count), isExecutable: isExecutable),
            Array(text.utf8))
    }

    static func directory(_ path: String) -> Item { Item(TarEntry(path: path, kind: .directory)) }
}

func archive(_ items: [Item]) throws -> [UInt8] {
    var output: [UInt8] = []
    let writer = TarWriter { output.append(contentsOf: $0) }
    for item in items {
        try writer.begin(item.entry)
        try item.bytes.withUnsafeBytes { try writer.write($0) }
    }
    try writer.finish()
    return output
}

func items(_ archive: [UInt8], piece: Int = .max, limits: UnpackingLimits = UnpackingLimits()) throws -> [Item] {
    let reader = TarReader(limits: limits, from: source(archive, piece: piece))
    var items: [Item] = []
    while let entry = try reader.next() {
        var bytes: [UInt8] = []
        try withUnsafeTemporaryAllocation(byteCount: 700, alignment: 8) { buffer in
            while case let count = try reader.read(into: buffer), count > 0 {
                bytes.append(contentsOf: buffer[..<count])
            }
        }
        items.append(Item(entry, bytes))
    }
    return items
}

@Suite("Tar")
struct TarTests {
    static let longPath = (0..<30).map { "directory\($0)" }.joined(separator: "/") + "/file.txt"
    static let content: [Item] = [
        .directory("app"), .file("app/empty", ""), .file("app/one", "1"),
        .file("app/block", String(repeating: "b", count: 512)),
        .file("app/run.sh", "#!/bin/sh\n", isExecutable: true), .file("app/Grüße.txt", "ä"),
        .file(String(repeating: "d", count: 90) + "/" + String(repeating: "f", count: 60), "prefix"),
        .file(String(repeating: "n", count: 180), "no slash"), .file(longPath, "long"),
        .file("app/large", String(repeating: "0123456789", count: 5_000)),
    ]

    @Test("gives back what it was given") func givesBackWhatItWasGiven() throws {
        let bytes = try archive(Self.content)
        #expect(bytes.count % 512 == 0)
        for piece in [1, 511, .max] { #expect(try items(bytes, piece: piece) == Self.content) }
        #expect(try archive(Self.content) == bytes)
    }

    @Test("passes over what is not read") func passesOverWhatIsNotRead() throws {
        let reader = TarReader(from: source(try archive(Self.content)))
        var paths: [String] = []
        while let entry = try reader.next() { paths.append(entry.path) }
        #expect(paths == Self.content.map(\.entry.path))
    }

    @Test(
        "understands tar's formats", .enabled(if: Tool.isThere("tar"), "there is no tar"),
        arguments: ["gnu", "pax", "ustar", "v7"])
    func understandsTarsFormats(format: String) throws {
        let tar = try #require(Tool("tar"))
        let directory = try TemporaryDirectory()
        // The older the format, the less it holds.
        let content = Self.content.filter { format != "ustar" && format != "v7" || $0.entry.path.utf8.count < 90 }
        for item in content where item.entry.kind == .file {
            let file = try directory.write(Data(item.bytes), to: item.entry.path)
            if item.entry.isExecutable { chmod(file.path, 0o755) }
        }
        let bytes = try tar.run(["-c", "-f", "-", "--format=\(format)", "."], in: directory.path)
        let found = try items(bytes).filter { $0.entry.kind == .file }
        #expect(
            found.sorted { $0.entry.path < $1.entry.path }
                == content.filter { $0.entry.kind == .file }.sorted { $0.entry.path < $1.entry.path })
    }

    @Test("is understood by tar", .enabled(if: Tool.isThere("tar"), "there is no tar"))
    func isUnderstoodByTar() throws {
        let tar = try #require(Tool("tar"))
        let directory = try TemporaryDirectory()
        try tar.run(["-x", "-f", "-"], input: archive(Self.content), in: directory.path)
        for item in Self.content where item.entry.kind == .file {
            let file = directory.url.appendingPathComponent(item.entry.path)
            #expect(try Data(contentsOf: file) == Data(item.bytes))
            #expect(FileManager.default.isExecutableFile(atPath: file.path) == item.entry.isExecutable)
        }
    }

    @Test("is understood by Python", .enabled(if: Tool.isThere("python3"), "there is no python3"))
    func isUnderstoodByPython() throws {
        let python = try #require(Tool("python3"))
        let list = """
            import sys, tarfile, io
            for m in tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read())):
                print(m.name, m.size, m.isdir())
            """
        let output = try python.run(["-X", "utf8", "-c", list], input: archive(Self.content))
        let expected = Self.content.map { item in
            "\(item.entry.path) \(item.entry.size) \(item.entry.kind == .directory ? "True" : "False")\n"
        }
        #expect(String(decoding: output, as: UTF8.self) == expected.joined())
    }

    /// The headers alone: nobody wants to write nine gigabytes.
    @Test(
        "understands sizes above eight gigabytes", .enabled(if: Tool.isThere("python3"), "there is no python3"),
        arguments: ["tarfile.GNU_FORMAT", "tarfile.PAX_FORMAT"])
    func understandsSizesAboveEightGigabytes(format: String) throws {
        let python = try #require(Tool("python3"))
        let make = """
            import sys, tarfile
            t = tarfile.TarInfo('large'); t.size = 9_000_000_000
            sys.stdout.buffer.write(t.tobuf(\(format)))
            """
        let header = try python.run(["-c", make])
        let entry = TarEntry(path: "large", kind: .file, size: 9_000_000_000)
        #expect(try TarReader(from: source(header)).next() == entry)
        var written: [UInt8] = []
        try TarWriter { written.append(contentsOf: $0) }.begin(entry)
        #expect(try TarReader(from: source(written)).next() == entry)
        let read = "import sys, tarfile; t = tarfile.open(fileobj=sys.stdin.buffer, mode='r|'); print(t.next().size)"
        #expect(String(decoding: try python.run(["-c", read], input: written), as: UTF8.self) == "9000000000\n")
    }

    // MARK: Hostile archives

    /// A header as `TarWriter` makes it, with some bytes changed and the checksum made right again.
    private func header(_ path: String = "file", type: Character = "0", change: (inout [UInt8]) -> Void = { _ in })
        throws -> [UInt8]
    {
        var header = Array(try archive([.file("x", "")])[..<512])
        for index in 0..<100 { header[index] = index < path.utf8.count ? Array(path.utf8)[index] : 0 }
        header[156] = type.asciiValue!
        change(&header)
        for index in 148..<156 { header[index] = 0x20 }
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        for (index, digit) in sum.utf8.enumerated() { header[148 + index] = digit }
        return header
    }

    private let end = [UInt8](repeating: 0, count: 1024)

    @Test(
        "refuses paths that lead outside",
        arguments: [
            "../file", "a/../../file", "/etc/passwd", "..", "a/..",
            // A mark combines with the slash before it to a character that is no slash.
            "../\u{301}file", "/\u{301}file", "a/../\u{301}", "\u{301}/..",
        ])
    func refusesPathsThatLeadOutside(path: String) throws {
        let bytes = try header(path) + end
        let error = #expect(throws: ArchiveError.self) { try items(bytes) }
        guard case .refused(path, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("refuses a path with a NUL byte") func refusesAPathWithANULByte() throws {
        let records = Array("18 path=a\0../../b\n".utf8)
        let extended = try header(type: "x") { header in
            for (index, digit) in "00000000022".utf8.enumerated() { header[124 + index] = digit }
        }
        let bytes = extended + records + [UInt8](repeating: 0, count: 494) + (try header()) + end
        let error = #expect(throws: ArchiveError.self) { try items(bytes) }
        #expect(error?.description.contains("its path has a NUL byte") == true)
    }

    @Test(
        "refuses links, devices and the like",
        arguments: [
            ("1", "a hard link"), ("2", "a symbolic link"), ("3", "a device"), ("4", "a device"),
            ("6", "a named pipe"), ("7", "neither a file nor a directory"), ("S", "a sparse file"),
        ] as [(Character, String)])
    func refusesLinksDevicesAndTheLike(type: Character, problem: String) throws {
        let bytes = try header(type: type) + end
        let error = #expect(throws: ArchiveError.self) { try items(bytes) }
        #expect(error?.description.contains(problem) == true)
    }

    @Test("refuses entries that occur twice or are below a file") func refusesEntriesThatOccurTwiceOrAreBelowAFile()
        throws
    {
        let twice = try header("a/b") + header("./a//b") + end
        #expect(throws: ArchiveError.refused(path: "./a//b", problem: "it occurs twice")) { try items(twice) }
        let below = try header("a") + header("a/b") + end
        #expect(throws: ArchiveError.refused(path: "a/b", problem: "it is below \"a\", which is a file")) {
            try items(below)
        }
    }

    @Test("knows paths by their bytes, whatever Unicode takes for the same text or for one character")
    func knowsPathsByTheirBytes() throws {
        let paths = ["\u{E9}", "e\u{301}", "a/\u{301}", "a/\u{301}b/c"]
        #expect(try items(paths.flatMap { try header($0) } + end).map(\.entry.path.utf8.count) == [2, 3, 4, 7])
        let below = try header("a") + header("a/\u{301}") + end
        #expect(throws: ArchiveError.refused(path: "a/\u{301}", problem: "it is below \"a\", which is a file")) {
            try items(below)
        }
    }

    @Test("refuses a wrong checksum, and numbers that are malformed") func refusesAWrongChecksumAndMalformedNumbers()
        throws
    {
        var bytes = try archive([.file("file", "content")])
        bytes[3] ^= 1
        #expect(throws: ArchiveError.malformedHeader(offset: 0, problem: "its checksum is wrong")) { try items(bytes) }
        let wrong = try header { $0[130] = UInt8(ascii: "9") } + end
        #expect(throws: ArchiveError.malformedHeader(offset: 0, problem: "its size is no octal number")) {
            try items(wrong)
        }
        let negative = try header { $0[124] = 0xFF } + end
        #expect(throws: ArchiveError.self) { try items(negative) }
        let huge = try header { for index in 124..<136 { $0[index] = index == 124 ? 0x80 : 0xFF } } + end
        #expect(throws: ArchiveError.malformedHeader(offset: 0, problem: "its size is too large")) { try items(huge) }
    }

    @Test("refuses an archive that is cut off anywhere") func refusesAnArchiveThatIsCutOffAnywhere() throws {
        let bytes = try archive([.directory("a"), .file("a/b", "content"), .file(Self.longPath, "x")])
        for count in stride(from: 0, to: bytes.count, by: 64) {
            #expect(throws: ArchiveError.truncated) { try items(Array(bytes[..<count])) }
        }
    }

    @Test("refuses what stands after the end, but for zeros") func refusesWhatStandsAfterTheEndButForZeros() throws {
        let bytes = try archive([.file("file", "content")])
        #expect(try items(bytes + [UInt8](repeating: 0, count: 9_000)).count == 1)
        #expect(throws: ArchiveError.trailingData) { try items(bytes + [0, 0, 1]) }
        let single = bytes.dropLast(512) + bytes
        #expect(throws: ArchiveError.self) { try items(Array(single)) }
    }

    @Test("refuses more than is allowed") func refusesMoreThanIsAllowed() throws {
        let bytes = try archive([.file("a", "12345"), .file("b", "12345")])
        #expect(throws: ArchiveError.tooLarge(limit: 9)) { try items(bytes, limits: UnpackingLimits(maximumSize: 9)) }
        let reader = TarReader(maximumEntries: 1, from: source(bytes))
        _ = try reader.next()
        #expect(throws: ArchiveError.self) { try reader.next() }
        let large = try header(type: "L") { header in
            for (index, digit) in "00001000000".utf8.enumerated() { header[124 + index] = digit }
        }
        #expect(throws: ArchiveError.self) { try items(large) }
    }

    @Test(
        "refuses extended headers that are malformed",
        arguments: [
            "x", "5 a=b", "9999999 a=b\n", "5 ab\n", "1 \n", "11 size=-1\n", "0 \n", "6 a=b\n\n", "+9 path=b\n",
        ])
    func refusesExtendedHeadersThatAreMalformed(records: String) throws {
        let count = records.utf8.count
        let extended = try header(type: "x") { header in
            let digits = String(count, radix: 8)
            for (index, digit) in digits.utf8.enumerated() { header[135 - digits.utf8.count + index] = digit }
        }
        let bytes = extended + Array(records.utf8) + [UInt8](repeating: 0, count: 512 - count) + (try header()) + end
        guard case .malformedHeader = #expect(throws: ArchiveError.self, performing: { try items(bytes) }) else {
            Issue.record("another error")
            return
        }
    }
}
