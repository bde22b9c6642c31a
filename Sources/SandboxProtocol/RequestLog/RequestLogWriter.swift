import Platform
import Synchronization

/// Writes records into a request log, from any thread: without a lock, and without a call to the kernel unless the reader
/// sleeps.
///
/// What has no room is counted, and left out.
///
/// See RequestLog.md in SandboxProtocol.docc.
package final class RequestLogWriter: Sendable {
    private typealias Layout = RequestLogLayout
    private typealias Word = RequestLogLayout.Word
    private typealias Field = RequestLogLayout.Field

    private let memory: RequestLogMemory

    package init(_ memory: RequestLogMemory) {
        self.memory = memory
    }

    // MARK: Requests

    /// Writes down a request whose outcome is not known yet. The reader gets it with `settle`, or when the
    /// process has ended.
    ///
    /// - Returns: its position; `nil` if there is no room.
    package func begin(_ request: ServedRequest) -> UInt64? {
        write(request, .open)
    }

    /// Writes down what has become of a request.
    ///
    /// - Parameter position: of the record that `begin` has made, whose method, target and number stay.
    package func settle(_ request: ServedRequest, at position: UInt64) {
        guard let mark = Layout.Mark(word: memory.mark(at: position).pointee.load(ordering: .relaxed), at: position)
        else { return }
        // Eight bytes from a multiple of eight are in one piece.
        memory.withPieces(at: position + 8, count: 8) { word in
            word.storeBytes(of: UInt16(clamping: request.status), toByteOffset: Field.status - 8, as: UInt16.self)
            var flags = Layout.Flags(rawValue: word[Field.flags - 8])
            if request.isIncomplete { flags.insert(.isIncomplete) } else { flags.remove(.isIncomplete) }
            word[Field.flags - 8] = flags.rawValue
        }
        memory.withPieces(at: position + UInt64(Field.byteCount), count: 8) {
            $0.storeBytes(of: UInt64(clamping: request.byteCount), as: UInt64.self)
        }
        memory.withPieces(at: position + UInt64(Field.milliseconds), count: 8) {
            $0.storeBytes(of: request.milliseconds.bitPattern, as: UInt64.self)
        }
        publish(.init(state: .settled, size: mark.size), at: position)
    }

    /// Takes a record back that `begin` has made.
    package func withdraw(_ position: UInt64) {
        guard let mark = Layout.Mark(word: memory.mark(at: position).pointee.load(ordering: .relaxed), at: position)
        else { return }
        publish(.init(state: .void, size: mark.size), at: position)
    }

    /// Writes down a request.
    package func append(_ request: ServedRequest) {
        _ = write(request, .settled)
    }

    private func write(_ request: ServedRequest, _ state: Layout.Mark.State) -> UInt64? {
        var record = Record(kind: .request)
        record.status = UInt16(clamping: request.status)
        record.number = request.number
        record.byteCount = UInt64(clamping: request.byteCount)
        record.milliseconds = request.milliseconds
        record.revision = UInt64(clamping: request.revision)
        record.recording = request.recording.map { $0 | 1 } ?? 0
        if request.isIncomplete { record.flags.insert(.isIncomplete) }
        return write(
            record, request.method, Layout.maximumMethod, request.target, Layout.maximumTarget, state,
            limit: Layout.capacity, dropped: Word.droppedRequests)
    }

    // MARK: Lines

    /// Writes down a line that a handler has written, or that is about it.
    ///
    /// - Parameters:
    ///   - number: of the request; 0 if it belongs to none.
    ///   - text: without its end.
    package func append(line text: String, route: String, number: UInt64) {
        var record = Record(kind: .line)
        record.number = number
        _ = write(
            record, route, Layout.maximumRoute, text, Layout.maximumText, .settled, limit: Layout.lineCapacity,
            dropped: Word.droppedLines)
    }

    // MARK: The ring

    /// The fields of a record that are numbers.
    private struct Record {
        let kind: Layout.Kind
        var flags: Layout.Flags = []
        var status: UInt16 = 0
        var number: UInt64 = 0
        var byteCount: UInt64 = 0
        var milliseconds = 0.0
        var revision: UInt64 = 0
        var recording: UInt64 = 0
    }

    private func write(
        _ record: Record, _ first: String, _ firstLimit: Int, _ second: String, _ secondLimit: Int,
        _ state: Layout.Mark.State, limit: Int, dropped: Int
    ) -> UInt64? {
        var (first, second) = (first, second)
        return first.withUTF8 { first in
            second.withUTF8 { second in
                var record = record
                if first.count > firstLimit { record.flags.insert(.firstIsCut) }
                if second.count > secondLimit { record.flags.insert(.secondIsCut) }
                return write(
                    record, UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(first).prefix(firstLimit)),
                    UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(second).prefix(secondLimit)),
                    state, limit: limit, dropped: dropped)
            }
        }
    }

    private func write(
        _ record: Record, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer,
        _ state: Layout.Mark.State, limit: Int, dropped: Int
    ) -> UInt64? {
        let size = Layout.size(textCount: first.count + second.count)
        guard let position = reserve(size, limit: limit) else {
            memory.word(dropped).pointee.wrappingAdd(1, ordering: .relaxed)
            wakeReader()
            return nil
        }
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { bytes in
            bytes.storeBytes(of: 0, toByteOffset: size - 8, as: UInt64.self)
            bytes[Field.kind] = record.kind.rawValue
            bytes[Field.flags] = record.flags.rawValue
            bytes.storeBytes(of: record.status, toByteOffset: Field.status, as: UInt16.self)
            bytes.storeBytes(of: UInt16(first.count), toByteOffset: Field.firstCount, as: UInt16.self)
            bytes.storeBytes(of: UInt16(second.count), toByteOffset: Field.secondCount, as: UInt16.self)
            bytes.storeBytes(of: record.number, toByteOffset: Field.number, as: UInt64.self)
            bytes.storeBytes(of: record.byteCount, toByteOffset: Field.byteCount, as: UInt64.self)
            bytes.storeBytes(
                of: record.milliseconds.bitPattern, toByteOffset: Field.milliseconds, as: UInt64.self)
            bytes.storeBytes(of: record.revision, toByteOffset: Field.revision, as: UInt64.self)
            bytes.storeBytes(of: Self.now, toByteOffset: Field.time, as: UInt64.self)
            bytes.storeBytes(of: record.recording, toByteOffset: Field.recording, as: UInt64.self)
            var texts = UnsafeMutableRawBufferPointer(rebasing: bytes[Field.end...])
            texts.copyMemory(from: first)
            texts = UnsafeMutableRawBufferPointer(rebasing: texts[first.count...])
            texts.copyMemory(from: second)
            // All but the mark, which says that the rest is there.
            var copied = Field.kind
            memory.withPieces(at: position + UInt64(Field.kind), count: size - Field.kind) { piece in
                piece.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[copied..<copied + piece.count]))
                copied += piece.count
            }
        }
        publish(.init(state: state, size: size), at: position)
        return position
    }

    /// Takes room, unless more than `limit` bytes would be full then.
    private func reserve(_ size: Int, limit: Int) -> UInt64? {
        let reserved = memory.word(Word.reserved)
        var position = reserved.pointee.load(ordering: .relaxed)
        while true {
            // Acquired, since the reader has cleared what is before it.
            let read = memory.word(Word.read).pointee.load(ordering: .acquiring)
            // The reader may have gone on since the position was looked at; it has changed too then.
            guard Int(bitPattern: UInt(position &- read)) + size <= limit else { return nil }
            let (isTaken, current) = reserved.pointee.weakCompareExchange(
                expected: position, desired: position &+ UInt64(size), ordering: .relaxed)
            if isTaken { return position }
            position = current
        }
    }

    /// Lets the reader see a record, and wakes it if it sleeps.
    private func publish(_ mark: Layout.Mark, at position: UInt64) {
        // Either this thread sees below that the reader sleeps, or the reader, which looks once more before it sleeps, sees
        // the mark: both look after they have written, in one order for all.
        memory.mark(at: position).pointee.store(mark.word(at: position), ordering: .sequentiallyConsistent)
        if mark.state != .open { wakeReader() }
    }

    private func wakeReader() {
        let sleeping = memory.word(Word.sleeping)
        guard sleeping.pointee.load(ordering: .sequentiallyConsistent) != 0 else { return }
        // The first one wakes it.
        if sleeping.pointee.exchange(0, ordering: .sequentiallyConsistent) != 0 { memory.wakeUp.wake() }
    }

    /// Nanoseconds since 1970, to a few milliseconds.
    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
