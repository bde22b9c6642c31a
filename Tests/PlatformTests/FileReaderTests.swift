import Foundation
import Platform
import TestSupport
import Testing

@Suite("Reading whole files") struct FileReaderTests {
    private let directory = try! TemporaryDirectory()

    @Test("Files of all sizes around the chunks' are read whole", arguments: [0, 1, 65_535, 65_536, 65_537, 300_000])
    func whole(size: Int) throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let path = directory.path + "/file"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(try FileReader.bytes(of: path, limit: size) == bytes)
        #expect(try FileReader.bytes(of: path, limit: .max) == bytes)
        guard size > 0 else { return }
        #expect(throws: FileReader.Failure.tooLarge(path: path, limit: size - 1)) {
            try FileReader.bytes(of: path, limit: size - 1)
        }
    }

    @Test("A sparse file of 15 TiB is refused before memory is asked for") func sparse() throws {
        let path = directory.path + "/huge"
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o644)
        defer { close(descriptor) }
        try #require(ftruncate(descriptor, 15 << 40) == 0)
        #expect(throws: FileReader.Failure.tooLarge(path: path, limit: 1 << 30)) {
            try FileReader.bytes(of: path, limit: 1 << 30)
        }
        // Even if the caller knows no limit.
        #expect(throws: FileReader.Failure.self) { try FileReader.bytes(of: path, limit: .max - 1) }
    }

    @Test("A pipe is read to its end, and a device without an end to the limit") func endless() throws {
        let pipe = try PipeDescriptors()
        let bytes = [UInt8](repeating: 7, count: 50_000)
        #expect(write(pipe.writeEnd, bytes, bytes.count) == bytes.count)
        pipe.closeWriteEnd()
        #expect(try FileReader.bytes(of: pipe.readEnd, path: "pipe", limit: 50_000) == bytes)
        #expect(throws: FileReader.Failure.tooLarge(path: "/dev/zero", limit: 1_000_000)) {
            try FileReader.bytes(of: "/dev/zero", limit: 1_000_000)
        }
    }

    @Test("What cannot be read is told with the system's reason") func errors() throws {
        let missing = directory.path + "/missing"
        let error = #expect(throws: FileReader.Failure.self) { try FileReader.bytes(of: missing, limit: 10) }
        #expect(error?.description == "open \(missing): No such file or directory")
        #expect(error?.reason == "No such file or directory")
        let other = #expect(throws: FileReader.Failure.self) { try FileReader.bytes(of: directory.path, limit: 10) }
        #expect(other?.reason == "Is a directory")
        #expect(FileReader.Failure.tooLarge(path: "a", limit: 1 << 30).reason == "the file is larger than 1 GiB")
    }
}
