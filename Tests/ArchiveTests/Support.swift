import Archive
import Foundation
import Testing

/// Bytes that are the same each time: the generator's state is all there is to it.
struct Bytes {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }

    /// Bytes without any order.
    mutating func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    /// Bytes that repeat what came before, at any distance and length, as texts and programs do.
    mutating func repetitive(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 600)
        while bytes.count < count {
            if bytes.isEmpty || next() % 3 == 0 {
                for _ in 0...Int(next() % 20) { bytes.append(UInt8(truncatingIfNeeded: next() % 40 + 0x41)) }
            } else {
                let distance = 1 + Int(next()) % min(bytes.count, next() % 2 == 0 ? 40_000 : 12)
                for _ in 0..<3 + Int(next() % 400) { bytes.append(bytes[bytes.count - distance]) }
            }
        }
        return Array(bytes.prefix(count))
    }
}

/// Bytes with a name, by which tests call them: failures that print a million bytes help nobody.
struct Content: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]

    init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    var testDescription: String { name }

    /// Whether `other` has the same bytes, for the same reason told without them.
    func matches(_ other: [UInt8]) -> Bool { bytes == other }

    static func matches(_ bytes: [UInt8], _ other: [UInt8]) -> Bool { bytes == other }
}

/// A source of bytes that hands them out in pieces of at most `piece`.
func source(_ bytes: [UInt8], piece: Int = .max) -> ByteSource {
    var position = 0
    return { buffer in
        let count = min(buffer.count, bytes.count - position, piece)
        for index in 0..<count { buffer[index] = bytes[position + index] }
        position += count
        return count
    }
}

func packed(_ bytes: [UInt8], piece: Int = .max) throws -> [UInt8] {
    var output: [UInt8] = []
    let writer = try GzipWriter { output.append(contentsOf: $0) }
    try bytes.withUnsafeBytes { bytes in
        var rest = bytes
        while !rest.isEmpty {
            let part = rest.prefix(piece)
            try writer.write(UnsafeRawBufferPointer(rebasing: part))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
        }
    }
    try writer.finish()
    return output
}

func unpacked(_ bytes: [UInt8], piece: Int = .max, limits: UnpackingLimits = UnpackingLimits()) throws -> [UInt8] {
    let reader = GzipReader(limits: limits, from: source(bytes, piece: piece))
    var output: [UInt8] = []
    try withUnsafeTemporaryAllocation(byteCount: 10_000, alignment: 8) { buffer in
        while case let count = try reader.read(into: buffer), count > 0 { output.append(contentsOf: buffer[..<count]) }
    }
    return output
}

/// Programs of the system that do the same, to be compared with.
struct Tool {
    let path: String

    init?(_ name: String) {
        let directories = ["/usr/bin", "/bin", "/usr/local/bin"]
        guard let path = directories.map({ "\($0)/\(name)" }).first(where: FileManager.default.isExecutableFile) else {
            return nil
        }
        self.path = path
    }

    static func isThere(_ names: String...) -> Bool { names.allSatisfy { Tool($0) != nil } }

    struct Failure: Error {
        let status: Int32
        let errors: String
    }

    /// Runs it with `input` at its standard input, and gives its standard output.
    @discardableResult
    func run(_ arguments: [String], input: [UInt8] = [], in directory: String = "/") throws -> [UInt8] {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("input-\(UUID().uuidString)")
        try Data(input).write(to: place)
        defer { try? FileManager.default.removeItem(at: place) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardInput = try FileHandle(forReadingFrom: place)
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        let message = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(status: process.terminationStatus, errors: String(decoding: message, as: UTF8.self))
        }
        return Array(data)
    }
}
