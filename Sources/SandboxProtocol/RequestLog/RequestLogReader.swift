import Platform
import Synchronization

/// Reads a request log, whose writer may do anything to its memory: nothing in it is believed.
///
/// A record is copied before it is looked at, so that it cannot change between a check and its use; each number is
/// checked; positions are kept here. Whatever is in the memory, a call ends soon, and takes as much memory as the ring has
/// at most. What the log's own writer would never write ends the log: nothing after it can be told from garbage.
///
/// See RequestLog.md in SandboxProtocol.docc.
struct RequestLogReader {
    private typealias Layout = RequestLogLayout
    private typealias Word = RequestLogLayout.Word
    private typealias Field = RequestLogLayout.Field

    let memory: RequestLogMemory
    /// Up to where everything has been read.
    private var position: UInt64 = 0
    /// Up to where the writers know so.
    private var published: UInt64 = 0
    private var knownDrops: (requests: UInt64, lines: UInt64) = (0, 0)
    private(set) var isDamaged = false
    /// Whether the next record is a request that is not wanted yet.
    private var waitsAtRequest = false
    /// A copy of the record that is looked at.
    private var record: [UInt8] = []

    /// After so many bytes, writers learn that there is room again.
    private static let publishedBytes = 64 << 10

    init(_ memory: RequestLogMemory) {
        self.memory = memory
    }

    /// Takes records in the order in which they were begun, up to the first whose writer has not finished.
    ///
    /// - Parameters:
    ///   - limit: no more records than this are taken.
    ///   - includesRequests: false to stop at the first request.
    ///   - isOver: whether the writing process has ended. What it has begun holds then, and what it has not finished is
    ///     passed over.
    /// - Returns: true if there may be more.
    mutating func read(
        limit: Int, includesRequests: Bool = true, isOver: Bool = false, into entries: inout [RequestLogEntry]
    ) -> Bool {
        guard !isDamaged else { return false }
        waitsAtRequest = false
        defer { publish() }
        let end = memory.word(Word.reserved).pointee.load(ordering: .acquiring)
        guard end >= position, end - position <= UInt64(Layout.capacity), end % 8 == 0 else {
            damage(&entries)
            return false
        }
        let isFull = entries.count + limit
        while position < end {
            guard entries.count < isFull else { return true }
            let word = memory.mark(at: position).pointee.load(ordering: .acquiring)
            if word == 0, !isOver { return false }
            guard let mark = Layout.Mark(word: word, at: position), position + UInt64(mark.size) <= end else {
                if isOver {
                    // In the middle of a record that was not finished: the next one may be whole.
                    position += 8
                    continue
                }
                damage(&entries)
                return false
            }
            if mark.state == .open, !isOver { return false }
            if mark.state != .void {
                copy(mark.size)
                guard let entry = Self.entry(record) else {
                    if isOver {
                        position += 8
                        continue
                    }
                    damage(&entries)
                    return false
                }
                if case .request = entry.content, !includesRequests {
                    waitsAtRequest = true
                    return false
                }
                entries.append(entry)
            }
            clear(mark.size)
            if position - published >= UInt64(Self.publishedBytes) { publish() }
        }
        return false
    }

    /// How much had no room since this was asked the last time.
    mutating func takeDrops() -> (requests: UInt64, lines: UInt64) {
        let requests = memory.word(Word.droppedRequests).pointee.load(ordering: .relaxed)
        let lines = memory.word(Word.droppedLines).pointee.load(ordering: .relaxed)
        defer { knownDrops = (requests, lines) }
        return (requests &- knownDrops.requests, lines &- knownDrops.lines)
    }

    // MARK: Sleeping

    /// Asks to be woken; false if there is something to read already.
    func beginSleep() -> Bool {
        guard !isDamaged else { return true }
        memory.word(Word.sleeping).pointee.store(1, ordering: .sequentiallyConsistent)
        // Whoever wants it says so.
        guard !waitsAtRequest else { return true }
        guard memory.word(Word.reserved).pointee.load(ordering: .sequentiallyConsistent) != position else {
            return true
        }
        let word = memory.mark(at: position).pointee.load(ordering: .sequentiallyConsistent)
        // One that is not finished wakes the reader when it is.
        return word == 0 || Layout.Mark(word: word, at: position)?.state == .open
    }

    func endSleep() {
        memory.word(Word.sleeping).pointee.store(0, ordering: .sequentiallyConsistent)
    }

    // MARK: Records

    private mutating func copy(_ size: Int) {
        record.removeAll(keepingCapacity: true)
        memory.withPieces(at: position, count: size) { record.append(contentsOf: UnsafeRawBufferPointer($0)) }
    }

    /// Leaves the record behind, as bytes that a writer finds as they were in the beginning.
    private mutating func clear(_ size: Int) {
        memory.withPieces(at: position, count: size) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
        position += UInt64(size)
    }

    private mutating func publish() {
        guard published != position else { return }
        published = position
        memory.word(Word.read).pointee.store(position, ordering: .releasing)
    }

    private mutating func damage(_ entries: inout [RequestLogEntry]) {
        isDamaged = true
        entries.append(RequestLogEntry(time: Self.now, content: .damaged))
    }

    /// What a record says; `nil` if no writer writes such a thing.
    private static func entry(_ record: [UInt8]) -> RequestLogEntry? {
        record.withUnsafeBytes { bytes -> RequestLogEntry? in
            func number<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) -> Number {
                bytes.loadUnaligned(fromByteOffset: offset, as: Number.self)
            }
            let first = Int(number(Field.firstCount, UInt16.self))
            let second = Int(number(Field.secondCount, UInt16.self))
            let flags = Layout.Flags(rawValue: bytes[Field.flags])
            guard let kind = Layout.Kind(rawValue: bytes[Field.kind]), flags.isSubset(of: .all),
                bytes.count == Layout.size(textCount: first + second)
            else { return nil }
            func text(_ start: Int, _ count: Int, isCut: Bool) -> String {
                let text = String(
                    decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]), as: UTF8.self)
                return isCut ? text + "…" : text
            }
            let firstText = { text(Field.end, first, isCut: flags.contains(.firstIsCut)) }
            let secondText = { text(Field.end + first, second, isCut: flags.contains(.secondIsCut)) }
            let time = time(number(Field.time, UInt64.self))
            switch kind {
            case .line:
                guard first <= Layout.maximumRoute, second <= Layout.maximumText else { return nil }
                return RequestLogEntry(
                    time: time,
                    content: .line(secondText(), route: firstText(), number: number(Field.number, UInt64.self)))
            case .request:
                let status = Int(number(Field.status, UInt16.self))
                let milliseconds = Double(bitPattern: number(Field.milliseconds, UInt64.self))
                guard first <= Layout.maximumMethod, second <= Layout.maximumTarget,
                    status == 0 || (100...999).contains(status), milliseconds >= 0, milliseconds <= 1e12,
                    let byteCount = Int(exactly: number(Field.byteCount, UInt64.self)),
                    let revision = Int(exactly: number(Field.revision, UInt64.self))
                else { return nil }
                let request = ServedRequest(
                    method: firstText(), target: secondText(), status: status, byteCount: byteCount,
                    milliseconds: milliseconds, revision: revision, number: number(Field.number, UInt64.self),
                    isIncomplete: flags.contains(.isIncomplete),
                    recording: recording(number(Field.recording, UInt64.self)))
                return RequestLogEntry(time: time, content: .request(request))
            }
        }
    }

    private static func recording(_ word: UInt64) -> UInt64? { word & 7 == 1 ? word & ~7 : nil }

    /// Seconds since 1970. A time that is more than an hour from now is not believed.
    private static func time(_ nanoseconds: UInt64) -> Double {
        let (time, now) = (Double(nanoseconds) / 1e9, now)
        return abs(time - now) < 3600 ? time : now
    }

    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
