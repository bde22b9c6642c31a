import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

@testable import SandboxProtocol

/// The memory of recordings: what is written is read as long as it is kept, and what else is in the memory does no harm.
@Suite(.timeLimit(.minutes(15)))
struct RecordingTests {
    private typealias Layout = RecordingLayout

    private let memory: RecordingMemory
    private let writer: Writer
    private let reader: RecordingReader

    init() throws {
        memory = try RecordingMemory()
        writer = Writer(writer: RecordingWriter(memory))
        reader = RecordingReader(memory)
    }

    /// Writes contents with their fields.
    private struct Writer {
        let writer: RecordingWriter

        func write(_ contents: RecordingWriter.Contents, lines: [UInt8]? = nil) -> UInt64 {
            writer.write(contents) { $0.copyBytes(from: lines ?? RecordingTests.lines(Int(contents.number))) }
        }
    }

    /// Contents that tell from each other by their number, and whose parts are of many lengths.
    private static func contents(_ number: Int, bodyCount: Int = 10) -> RecordingWriter.Contents {
        RecordingWriter.Contents(
            number: UInt64(number), revision: number + 1, method: "GET",
            target: "/\(number)?" + String(repeating: "x", count: number % 97), fieldByteCount: lines(number).count,
            responseHead: Array("HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\n\r\n".utf8),
            requestBody: .init(
                [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: bodyCount)[...], total: bodyCount),
            responseBody: .init(
                [UInt8](repeating: UInt8(truncatingIfNeeded: number &* 3), count: bodyCount / 2)[...],
                total: bodyCount / 2))
    }

    private static func lines(_ number: Int) -> [UInt8] { Array("Host: a\r\nX-Number: \(number)\r\n".utf8) }

    /// Whether a recording, and its bodies as far as they are there, are those of `contents`.
    private func isAsWritten(_ recording: RequestRecording, _ number: Int) -> Bool {
        guard recording.number == UInt64(number), recording.revision == number + 1, recording.method == "GET",
            recording.targetText == "/\(number)?" + String(repeating: "x", count: number % 97),
            recording.field("x-number") == "\(number)", recording.status == 201
        else { return false }
        let bodies = [(recording.requestBody, number), (recording.responseBody, number &* 3)]
        return bodies.allSatisfy { body, value in
            reader.bytes(of: body)?.allSatisfy { $0 == UInt8(truncatingIfNeeded: value) } ?? true
        }
    }

    @Test("A request comes back as it was, with what was run for it")
    func comesBack() throws {
        var contents = Self.contents(7)
        (contents.queue, contents.instantiate, contents.run) = (3000, 20_000, 2_000_000)
        contents.memoryBytes = 65536
        contents.isSecured = true
        let handler = RecordingWriter.Handler(
            route: "/a/...", module: "a.wasm", function: "_start", environment: Array("A=1\0B=x=y\0EMPTY=\0".utf8),
            arguments: ["/a", "b=1"], errorOutput: .init(Array("oh\n".utf8)[...], total: 100),
            failure: RecordedFailure(
                problem: "it trapped", calls: [.init(function: "f", place: "a.c:1", link: "l")], omission: "2 more",
                source: .init(file: "a.c", line: 1, column: 2, excerpt: [.init(number: 1, text: "x")], link: nil)))
        contents.handler = handler
        let recording = try #require(reader.recording(at: writer.write(contents)))
        #expect(isAsWritten(recording, 7))
        #expect(recording.queue == 0.003 && recording.instantiate == 0.02 && recording.run == 2 && recording.isSecured)
        #expect(recording.fields.map(\.nameText) == ["Host", "X-Number"])
        #expect(recording.responseFields.map(\.valueText) == ["text/plain"])
        let run = try #require(recording.handler)
        #expect(run.route == "/a/..." && run.module == "a.wasm" && run.function == "_start")
        #expect(run.environment.map(\.nameText) == ["A", "B", "EMPTY"])
        #expect(run.environment.map(\.valueText) == ["1", "x=y", ""])
        #expect(run.arguments.map { String(decoding: $0, as: UTF8.self) } == ["/a", "b=1"])
        #expect(run.memoryBytes == 65536 && run.failure == handler.failure)
        #expect(reader.bytes(of: run.errorOutput) == Array("oh\n".utf8) && run.errorOutput.total == 100)
    }

    @Test("The fields follow each other without a gap") func layout() {
        #expect(Layout.Field.counts == Layout.Field.blobs + Layout.Blob.allCases.count * Layout.BlobField.end)
        #expect(Layout.Field.end == Layout.Field.counts + 4 * Layout.Section.allCases.count)
        #expect(Layout.Field.end % 8 == 0)
    }

    @Test("Of what is too long the beginning is kept, and it says how long it was")
    func cut() throws {
        var contents = Self.contents(1)
        contents.requestBody = .init([UInt8](repeating: 7, count: 100_000)[...], total: 5_000_000)
        contents.target = "/" + String(repeating: "t", count: 200_000)
        let lines = [UInt8](repeating: 0x61, count: 500_000)
        contents.fieldByteCount = lines.count
        let recording = try #require(reader.recording(at: writer.write(contents, lines: lines)))
        #expect(recording.requestBody.count == 65536 && recording.requestBody.total == 5_000_000)
        #expect(!recording.requestBody.isWhole && reader.bytes(of: recording.requestBody)?.count == 65536)
        #expect(recording.target.count == 65536 && recording.fields.first?.name.count == 131_072)
        // A stored file's body is not copied.
        contents = Self.contents(2)
        contents.bodyIsStored = true
        let tag = String(repeating: "Ab", count: 32)
        contents.responseHead = Array("HTTP/1.1 200 OK\r\nETag: \"\(tag)\"\r\n\r\n".utf8)
        let stored = try #require(reader.recording(at: writer.write(contents)))
        #expect(
            stored.responseBody.count == 0 && stored.responseBody.total == 5 && stored.storedDigest == tag.lowercased())
    }

    @Test("The latest stay, and what has been overwritten is not there")
    func overwritten() throws {
        var positions: [UInt64] = []
        for number in 0..<30_000 { positions.append(writer.write(Self.contents(number, bodyCount: 6000))) }
        for number in 29_000..<30_000 {
            let recording = try #require(reader.recording(at: positions[number]))
            #expect(isAsWritten(recording, number))
            #expect(reader.bytes(of: recording.requestBody)?.count == 6000)
        }
        for number in 0..<1000 { #expect(reader.recording(at: positions[number]) == nil) }
        // Nobody has written there.
        for position in [0, 8, UInt64(Layout.capacity) * 100, .max - 7, 3, .max] {
            #expect(reader.recording(at: position) == nil)
        }
    }

    @Test("A writer that is killed in the middle costs that recording only")
    func torn() throws {
        var generator = SeededGenerator()
        for round in 0..<200 {
            let before = writer.write(Self.contents(round))
            let position = writer.write(Self.contents(round + 1, bodyCount: 100))
            let after = writer.write(Self.contents(round + 2))
            // As far as it has come: the mark is written last.
            let bytes = try #require(memory.bytes(at: position, count: Layout.Field.end + 8, in: .recordings))
            let kept = Int.random(in: 8...bytes.count, using: &generator)
            memory.mark(at: position).pointee.store(0, ordering: .relaxed)
            for place in kept..<bytes.count { bytes[place] = 0xEE }
            #expect(reader.recording(at: position) == nil)
            // A mark alone does not make it one.
            memory.mark(at: position).pointee.store(Layout.mark(at: position), ordering: .relaxed)
            if kept < bytes.count { #expect(reader.recording(at: position) == nil) }
            for (position, number) in [(before, round), (after, round + 2)] {
                #expect(reader.recording(at: position).map { isAsWritten($0, number) } == true)
            }
        }
    }

    @Test("A digest tells changes in the highest bytes of two words, wherever these are")
    func digestOfHighestBytes() {
        var bytes = [UInt8](repeating: 0, count: 72)
        let intact = bytes.withUnsafeBytes { RecordingDigest.of($0) }
        for first in stride(from: 7, to: 72, by: 8) {
            for second in stride(from: first + 8, to: 72, by: 8) {
                for change in 1...UInt8.max {
                    for other in stride(from: UInt8(1), through: .max, by: 7) {
                        (bytes[first], bytes[second]) = (change, other)
                        let digest = bytes.withUnsafeBytes { RecordingDigest.of($0) }
                        if digest == intact { Issue.record("\(change) at \(first), \(other) at \(second)") }
                    }
                }
                (bytes[first], bytes[second]) = (0, 0)
            }
        }
    }

    @Test("Whatever is in the memory, reading ends and nothing is taken for what it is not")
    func garbage() throws {
        var generator = SeededGenerator()
        for _ in 0..<2000 {
            var contents = Self.contents(1)
            contents.handler = RecordingWriter.Handler(
                environment: generator.bytes(Int.random(in: 0...50, using: &generator)),
                failure: RecordedFailure(problem: "p"))
            contents.responseHead = generator.bytes(Int.random(in: 0...50, using: &generator))
            let position = writer.write(contents)
            let size = Int(
                memory.bytes(at: position, count: 24, in: .recordings)!.load(
                    fromByteOffset: Layout.Field.size, as: UInt32.self))
            let bytes = try #require(memory.bytes(at: position, count: size, in: .recordings))
            let intact = try #require(reader.recording(at: position))
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: Layout.Field.size..<size, using: &generator)
                bytes[place] = .random(in: 0 ... .max, using: &generator)
            }
            // Of one that has been changed, nothing comes back, unless whoever did it has made a digest for it.
            if let changed = reader.recording(at: position) { #expect(changed == intact) }
            let digest = RecordingDigest.of(UnsafeRawBufferPointer(rebasing: bytes[Layout.Field.size...]))
            bytes.storeBytes(of: digest, toByteOffset: Layout.Field.digest, as: UInt64.self)
            if let forged = reader.recording(at: position) {
                for body in [forged.requestBody, forged.responseBody] { _ = reader.bytes(of: body) }
                _ = (forged.status, forged.storedDigest, forged.targetText)
            }
        }
        for ring in [RecordingMemory.Ring.recordings, .bodies] {
            let values: [UInt64] = [.max, .max - 7, 3, UInt64(Layout.bodyCapacity) - 1, 1 << 63]
            for value in values {
                memory.reservedWord(ring).pointee.store(value, ordering: .relaxed)
                let position = writer.write(Self.contents(1, bodyCount: 60_000))
                #expect(position % 8 == 0)
                _ = reader.recording(at: position)
                reader.giveBackBodies(before: position)
            }
        }
    }

    private final class Counter: Sendable {
        private let value: Atomic<Int>

        init(_ count: Int) { value = Atomic(count) }

        var count: Int { value.load(ordering: .sequentiallyConsistent) }
        func decrease() { value.subtract(1, ordering: .sequentiallyConsistent) }
    }

    @Test("Writers at the same time do not mix what they write, and a reader sees whole recordings or none")
    func severalWriters() throws {
        /// The latest of one writer.
        final class Latest: Sendable {
            private let list = Mutex<[(position: UInt64, number: Int)]>([])

            func append(_ position: UInt64, _ number: Int) {
                list.withLock { list in
                    list.append((position, number))
                    if list.count > 200 { list.removeFirst(100) }
                }
            }

            var all: [(position: UInt64, number: Int)] { list.withLock { $0 } }
        }
        let latest = (0..<4).map { _ in Latest() }
        let left = Counter(4)
        let seed = SeededGenerator().seed
        for index in 0..<4 {
            SystemThread.detach { [writer, latest] in
                var generator = SeededGenerator(seed: seed &+ UInt64(index))
                for round in 0..<6000 {
                    let number = round * 4 + index
                    let count = Int.random(in: 0...(round % 50 == 0 ? 60_000 : 500), using: &generator)
                    let position = writer.write(Self.contents(number, bodyCount: count))
                    latest[index].append(position, number)
                }
                left.decrease()
            }
        }
        var seen = 0
        while left.count > 0 || seen == 0 {
            for list in latest {
                for (position, number) in list.all {
                    guard let recording = reader.recording(at: position) else { continue }
                    seen += 1
                    #expect(isAsWritten(recording, number))
                }
                if let oldest = list.all.first { reader.giveBackBodies(before: oldest.position) }
            }
        }
        for list in latest {
            for (position, number) in list.all.suffix(100) {
                #expect(reader.recording(at: position).map { isAsWritten($0, number) } == true)
            }
        }
    }

    @Test("Memory of bodies that only older recordings have goes back to the system")
    func givenBack() throws {
        func writtenMegabytes() -> Int {
            var status = stat()
            fstat(memory.descriptor, &status)
            return Int(status.st_blocks) / 2048
        }
        var positions: [UInt64] = []
        for number in 0..<2000 { positions.append(writer.write(Self.contents(number, bodyCount: 20_000))) }
        #expect(writtenMegabytes() > 50)
        reader.giveBackBodies(before: positions[1900])
        // The 12 MiB that writers are about to use again stay.
        #expect(writtenMegabytes() < 20)
        for number in 1900..<2000 {
            let recording = try #require(reader.recording(at: positions[number]))
            #expect(reader.bytes(of: recording.requestBody)?.count == 20_000)
        }
        // Of one that has lost its body, the rest is still there.
        let old = try #require(reader.recording(at: positions[500]))
        #expect(reader.bytes(of: old.requestBody) == nil)
        // Requests without bodies let the memory of those before go, too, and it never becomes more than there is.
        for number in 0..<6000 { positions.append(writer.write(Self.contents(number, bodyCount: 40_000))) }
        #expect(writtenMegabytes() <= (Layout.byteCount >> 20) + 1)
        let last = (0..<10).map { writer.write(Self.contents($0, bodyCount: 0)) }
        reader.giveBackBodies(before: last[0])
        #expect(writtenMegabytes() < 30)
    }
}
