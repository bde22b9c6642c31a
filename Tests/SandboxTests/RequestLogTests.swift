import Dispatch
import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

@testable import SandboxProtocol

/// The log of requests in shared memory: what is written is read, and what else is in the memory does no harm.
@Suite(.timeLimit(.minutes(15)))
struct RequestLogTests {
    private typealias Layout = RequestLogLayout

    /// A log with both of its ends.
    private struct Log {
        let memory: RequestLogMemory
        let writer: RequestLogWriter
        var reader: RequestLogReader

        init() throws {
            memory = try RequestLogMemory()
            writer = RequestLogWriter(memory)
            reader = RequestLogReader(memory)
        }

        mutating func read(isOver: Bool = false) -> [RequestLogEntry] {
            var entries: [RequestLogEntry] = []
            while reader.read(limit: 1000, isOver: isOver, into: &entries) {}
            return entries
        }

        mutating func numbers(isOver: Bool = false) -> [UInt64] { RequestLogTests.numbers(read(isOver: isOver)) }
    }

    private static func request(_ number: Int, target: String = "/", status: Int = 200) -> ServedRequest {
        ServedRequest(
            method: "GET", target: target, status: status, byteCount: number * 2, milliseconds: Double(number) / 8,
            revision: 7, number: UInt64(number))
    }

    private static func numbers(_ entries: [RequestLogEntry]) -> [UInt64] {
        entries.compactMap { if case .request(let request) = $0.content { request.number } else { nil } }
    }

    // MARK: What is written is read

    @Test("A request and a line come back as they were written, the present time with them")
    func comeBack() throws {
        var log = try Log()
        let requests = [
            Self.request(1), Self.request(2, target: "/ä?b=%20\u{1}", status: 0),
            ServedRequest(
                method: "PROPFIND", target: "/\"x\"", status: 599, byteCount: .max, milliseconds: 1e9, revision: .max,
                number: .max, isIncomplete: true),
        ]
        for request in requests { log.writer.append(request) }
        log.writer.append(line: "", route: "/...", number: 3)
        let entries = log.read()
        #expect(
            entries.map(\.content) == requests.map { .request($0) } + [.line("", route: "/...", number: 3)])
        for entry in entries { #expect(abs(entry.time - Date.now.timeIntervalSince1970) < 60) }
        #expect(log.read().isEmpty)
    }

    @Test("A long target, method, route or line is cut, with a mark")
    func cut() throws {
        var log = try Log()
        let long = String(repeating: "/0123456789", count: 3000)
        log.writer.append(
            ServedRequest(method: long, target: long, status: 200, byteCount: 1, milliseconds: 1, revision: 1))
        log.writer.append(line: long, route: long, number: 0)
        let cut = [Layout.maximumMethod, Layout.maximumTarget, Layout.maximumText, Layout.maximumRoute].map {
            String(long.prefix($0)) + "…"
        }
        #expect(
            log.read().map(\.content) == [
                .request(
                    ServedRequest(
                        method: cut[0], target: cut[1], status: 200, byteCount: 1, milliseconds: 1, revision: 1)),
                .line(cut[2], route: cut[3], number: 0),
            ])
    }

    @Test("A memory that both have mapped has a length that nobody can change")
    func sealed() throws {
        let log = try Log()
        let descriptors = log.memory.descriptors
        #expect(ftruncate(descriptors.memory, 0) != 0)
        #expect(ftruncate(descriptors.memory, 1 << 30) != 0)
        let other = try RequestLogMemory(
            adopting: .init(memory: dup(descriptors.memory), wakeUp: dup(descriptors.wakeUp)))
        RequestLogWriter(other).append(Self.request(1))
        var reader = RequestLogReader(log.memory)
        var entries: [RequestLogEntry] = []
        #expect(!reader.read(limit: 10, into: &entries))
        #expect(Self.numbers(entries) == [1])
        // One that could be shortened would kill its reader.
        let file = try MemoryFile(name: "test", size: Layout.byteCount)
        #expect(throws: SystemError.self) {
            _ = try RequestLogMemory(adopting: .init(memory: dup(file.descriptor), wakeUp: dup(descriptors.wakeUp)))
        }
    }

    @Test("Records go on at the beginning of the ring after its end, whatever their length")
    func wrapAround() throws {
        var log = try Log()
        var generator = SeededGenerator(seed: 1)
        var (next, expected) = (1, 1)
        var written = 0
        while written < 3 * Layout.capacity {
            for _ in 0..<Int.random(in: 1...400, using: &generator) {
                let length = Int.random(in: 0...300, using: &generator)
                log.writer.append(Self.request(next, target: String(repeating: "x", count: length)))
                written += Layout.size(textCount: 3 + length)
                next += 1
            }
            for number in log.numbers() {
                #expect(number == UInt64(expected))
                expected += 1
            }
        }
        #expect(expected == next)
        #expect(log.reader.takeDrops() == (0, 0))
    }

    // MARK: Full

    @Test("What has no room is counted, and the log goes on when there is room again")
    func full() throws {
        var log = try Log()
        let size = Layout.size(textCount: 4)
        let room = Layout.capacity / size
        for number in 1...room + 10 { log.writer.append(Self.request(number)) }
        log.writer.append(line: "x", route: "/", number: 0)
        #expect(log.writer.begin(Self.request(1)) == nil)
        #expect(log.numbers() == (1...UInt64(room)).map { $0 })
        #expect(log.reader.takeDrops() == (11, 1))
        log.writer.append(Self.request(5))
        #expect(log.numbers() == [5])
        #expect(log.reader.takeDrops() == (0, 0))
    }

    @Test("Lines leave room for requests")
    func flood() throws {
        var log = try Log()
        let line = String(repeating: "x", count: 8000)
        for _ in 0..<1000 { log.writer.append(line: line, route: "/", number: 1) }
        for number in 1...1000 { log.writer.append(Self.request(number)) }
        #expect(log.numbers() == (1...1000).map { UInt64($0) })
        let drops = log.reader.takeDrops()
        #expect(drops.requests == 0 && drops.lines > 500)
    }

    // MARK: Not finished

    @Test("A request that was begun is told when it is settled, and not if it is withdrawn")
    func begun() throws {
        var log = try Log()
        let first = try #require(log.writer.begin(Self.request(1)))
        log.writer.append(Self.request(2))
        #expect(log.numbers() == [])
        log.writer.settle(Self.request(1, status: 404), at: first)
        guard case .request(let request)? = log.read().first?.content else {
            Issue.record("nothing is told")
            return
        }
        #expect(request == Self.request(1, status: 404))
        let third = try #require(log.writer.begin(Self.request(3)))
        log.writer.append(Self.request(4))
        log.writer.withdraw(third)
        #expect(log.numbers() == [4])
    }

    @Test("When the writer has ended, what it had begun is told")
    func endedWriter() throws {
        var log = try Log()
        #expect(log.writer.begin(Self.request(1)) != nil)
        log.writer.append(Self.request(2))
        #expect(log.writer.begin(Self.request(3)) != nil)
        #expect(log.numbers() == [])
        #expect(log.numbers(isOver: true) == [1, 2, 3])
    }

    @Test("A writer that ends in the middle of a record costs that record only")
    func tornRecord() throws {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<200 {
            var log = try Log()
            log.writer.append(Self.request(1))
            let torn = try #require(log.writer.begin(Self.request(2, target: String(repeating: "/", count: 100))))
            for number in 3...5 { log.writer.append(Self.request(number)) }
            // As far as it has come, without the mark that is written last.
            log.memory.mark(at: torn).pointee.store(0, ordering: .relaxed)
            let size = Layout.size(textCount: 103)
            let written = Int.random(in: 8...size, using: &generator)
            log.memory.withPieces(at: torn + UInt64(written), count: size - written) {
                $0.initializeMemory(as: UInt8.self, repeating: 0)
            }
            #expect(log.numbers() == [1])
            #expect(log.numbers(isOver: true) == [3, 4, 5])
        }
    }

    // MARK: Hostile writers

    @Test("A record that no writer writes ends the log, and is told once", arguments: 0..<12)
    func brokenField(_ field: Int) throws {
        var log = try Log()
        log.writer.append(Self.request(1))
        let size = Layout.size(textCount: 4)
        let position = UInt64(size)
        log.writer.append(Self.request(2))
        func put(_ value: some FixedWidthInteger, _ offset: Int) {
            log.memory.withPieces(at: position + UInt64(offset), count: 8) {
                $0.storeBytes(of: value, as: type(of: value))
            }
        }
        func putMark(_ size: Int) {
            let mark = Layout.Mark(state: .settled, size: size)
            log.memory.mark(at: position).pointee.store(mark.word(at: position), ordering: .relaxed)
        }
        switch field {
        case 0: putMark(0)
        case 1: putMark(size + 8)
        case 2: putMark(size - 8)
        case 3: putMark(Layout.capacity)
        case 4: log.memory.mark(at: position).pointee.store(.max, ordering: .relaxed)
        case 5: put(UInt8(9), Layout.Field.kind)
        case 6: put(UInt8(0x80), Layout.Field.flags)
        case 7: put(UInt16(99), Layout.Field.status)
        case 8: put(UInt16.max, Layout.Field.firstCount)
        case 9: put(UInt16.max, Layout.Field.secondCount)
        case 10: put(UInt64.max, Layout.Field.byteCount)
        default: put(Double.nan.bitPattern, Layout.Field.milliseconds)
        }
        let contents = log.read().map(\.content)
        #expect(contents == [.request(Self.request(1)), .damaged])
        log.writer.append(Self.request(3))
        #expect(log.read().isEmpty)
        // Nobody waits for it.
        #expect(log.reader.beginSleep())
    }

    @Test("A position that no writer takes ends the log", arguments: [1, 4, UInt64(2 << 20) + 8, .max, .max - 7])
    func brokenPosition(_ position: UInt64) throws {
        var log = try Log()
        log.memory.word(Layout.Word.reserved).pointee.store(position, ordering: .relaxed)
        #expect(log.read().map(\.content) == [.damaged])
    }

    @Test("A time far from now is not believed")
    func brokenTime() throws {
        var log = try Log()
        for time in [0, UInt64.max] {
            let position = try #require(log.writer.begin(Self.request(1)))
            log.memory.withPieces(at: position + UInt64(Layout.Field.time), count: 8) {
                $0.storeBytes(of: time, as: UInt64.self)
            }
            log.writer.settle(Self.request(1), at: position)
        }
        for entry in log.read() { #expect(abs(entry.time - Date.now.timeIntervalSince1970) < 60) }
    }

    @Test("Whatever is in the memory, reading ends, and tells no more than there is room for")
    func garbage() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var log = try Log()
            for number in 1...Int.random(in: 1...200, using: &generator) {
                log.writer.append(Self.request(number, target: String(repeating: "/", count: number)))
                if number % 7 == 0 { log.writer.append(line: "line", route: "/", number: 1) }
            }
            let reserved = log.memory.word(Layout.Word.reserved)
            if Bool.random(using: &generator) {
                let end = reserved.pointee.load(ordering: .relaxed) + 8 * UInt64.random(in: 0...64, using: &generator)
                reserved.pointee.store(end, ordering: .relaxed)
            }
            let count = Int(reserved.pointee.load(ordering: .relaxed))
            log.memory.withPieces(at: 0, count: count) { piece in
                for _ in 0..<Int.random(in: 0...20, using: &generator) {
                    piece[Int.random(in: 0..<count, using: &generator)] = .random(in: 0 ... .max, using: &generator)
                }
            }
            let entries = log.read() + log.read(isOver: true)
            #expect(entries.count <= count / Layout.Field.end + 1, "seed \(seed)")
            #expect(entries.count { $0.content == .damaged } <= 1, "seed \(seed)")
        }
    }

    // MARK: At the same time

    @Test("Records of several writers come whole, each one's in order")
    func severalWriters() throws {
        let log = try Log()
        let (writerCount, count) = (4, 20_000)
        let left = Atomic(writerCount)
        for index in 0..<writerCount {
            SystemThread.detach { [writer = log.writer] in
                /// Where there is no room, it tries again.
                func begin(_ request: ServedRequest) -> UInt64 {
                    while true { if let position = writer.begin(request) { return position } }
                }
                for number in 1...count {
                    let request = Self.request(number, target: "/\(index)" + String(repeating: "-", count: number % 50))
                    if number % 3 == 0 { writer.withdraw(begin(request)) }
                    writer.settle(request, at: begin(request))
                }
                left.subtract(1, ordering: .sequentiallyConsistent)
            }
        }
        var reader = log.reader
        var next = [Int](repeating: 1, count: writerCount)
        var isLast = false
        while !isLast {
            isLast = left.load(ordering: .sequentiallyConsistent) == 0
            var entries: [RequestLogEntry] = []
            while reader.read(limit: 1000, into: &entries) {}
            for entry in entries {
                guard case .request(let request) = entry.content,
                    let index = request.target.utf8.dropFirst().first.map({ Int($0) - 0x30 }),
                    next.indices.contains(index)
                else {
                    Issue.record("\(entry) was not written")
                    return
                }
                #expect(request.number == UInt64(next[index]))
                #expect(request.target.utf8.count == 2 + next[index] % 50)
                next[index] += 1
            }
        }
        #expect(next == Array(repeating: count + 1, count: writerCount))
    }

    // MARK: The collector

    /// What a collector has handed on.
    private final class Told: Sendable {
        private let all = Mutex<[RequestLogEntry]>([])
        var entries: [RequestLogEntry] { all.withLock { $0 } }
        var numbers: [UInt64] { RequestLogTests.numbers(entries) }
        func add(_ entries: [RequestLogEntry]) { all.withLock { $0 += entries } }
    }

    @Test("The first record after a quiet moment wakes the reader, again and again")
    func quietMoments() throws {
        let collector = try RequestLogCollector()
        defer { collector.stop() }
        let told = Told()
        let logs = try (0..<2).map { _ in try collector.makeLog() }
        let writers = logs.map { RequestLogWriter($0.memory) }
        // What is written before anybody reads is not lost.
        writers[0].append(Self.request(1))
        collector.start { told.add($0) }
        for log in logs { log.showRequests() }
        for number in 2...5 {
            let isAsleep = eventually {
                logs.allSatisfy { $0.memory.word(Layout.Word.sleeping).pointee.load(ordering: .relaxed) == 1 }
            }
            #expect(isAsleep)
            writers[number % 2].append(Self.request(number))
            #expect(eventually { told.numbers.count == number })
        }
        #expect(told.numbers == [1, 2, 3, 4, 5])
        for log in logs { log.finish() }
    }

    @Test("Lines come before it is known that the process serves, requests from then on")
    func beforeServing() throws {
        let collector = try RequestLogCollector()
        defer { collector.stop() }
        let told = Told()
        let log = try collector.makeLog()
        let writer = RequestLogWriter(log.memory)
        collector.start { told.add($0) }
        writer.append(line: "loading", route: "/", number: 0)
        #expect(eventually { told.entries.map(\.content) == [.line("loading", route: "/", number: 0)] })
        writer.append(Self.request(1))
        writer.append(line: "x", route: "/", number: 2)
        // It sleeps, since it must not tell that request.
        #expect(eventually { log.memory.word(Layout.Word.sleeping).pointee.load(ordering: .relaxed) == 1 })
        #expect(told.entries.count == 1)
        log.showRequests()
        #expect(eventually { told.entries.count == 3 })
        log.finish()
    }

    @Test("The end of a process brings all that it has written, and what had no room is told in one line")
    func endOfProcess() throws {
        let collector = try RequestLogCollector()
        defer { collector.stop() }
        let told = Told()
        let log = try collector.makeLog()
        let writer = RequestLogWriter(log.memory)
        let room = Layout.capacity / Layout.size(textCount: 4)
        for number in 1...room + 3 { writer.append(Self.request(number)) }
        collector.start { told.add($0) }
        log.finish()
        #expect(told.numbers.count == room)
        #expect(told.entries.last?.content == .dropped(requests: 3, lines: 0))
        #expect(
            told.entries.last?.notice
                == "3 requests of the log are not shown: they came faster than they could be read.")
        #expect(told.entries.count == room + 1)
    }

    @Test("A process that wakes the reader without end keeps it from no other log")
    func wakingWithoutEnd() throws {
        let collector = try RequestLogCollector()
        defer { collector.stop() }
        let told = Told()
        let logs = try (0..<2).map { _ in try collector.makeLog() }
        collector.start { told.add($0) }
        for log in logs { log.showRequests() }
        let isOver = Atomic(false)
        let ended = Semaphore()
        SystemThread.detach { [memory = logs[0].memory] in
            while !isOver.load(ordering: .relaxed) { memory.wakeUp.wake() }
            ended.signal()
        }
        RequestLogWriter(logs[1].memory).append(Self.request(1))
        #expect(eventually { told.numbers == [1] })
        isOver.store(true, ordering: .relaxed)
        ended.wait()
        for log in logs { log.finish() }
    }
}
