import HTTP
import Platform
import Synchronization
import WASIPreview2

/// Counts the pipes of the bodies that a component sends: each has two of the process's descriptors and up to 128 KiB, and the
/// last who has it may be the thread of a request.
final class PipeCount: Sendable {
    static let limit = 256

    let value = Atomic(0)

    var isFull: Bool { value.load(ordering: .relaxed) >= Self.limit }
}

/// Bytes of a body on their way between a component and the thread that sends its request.
///
/// Sendable because all state is used under the monitor's lock only.
final class BodyPipe: @unchecked Sendable {
    /// How many bytes it holds, and a part more at most.
    private static let capacity = 128 << 10

    private enum End {
        case whole(Headers)
        case failed(HTTPErrorCode)
    }

    private let monitor = Monitor()
    /// Raised while the reader has something to do.
    private let readable: EventSignal
    /// Raised while the writer has something to do.
    private let writable: EventSignal
    private var bytes: [UInt8] = []
    private var end: End?
    private var hasReader = true
    private var isReadable = false
    private var isWritable = true

    private let count: PipeCount?

    /// - Parameter count: what it is counted by as long as it is there.
    init(countedBy count: PipeCount? = nil) throws {
        readable = try EventSignal()
        writable = try EventSignal()
        writable.raise()
        self.count = count
        count?.value.add(1, ordering: .relaxed)
    }

    deinit {
        count?.value.subtract(1, ordering: .relaxed)
    }

    var readableDescriptor: Int32 { readable.descriptor }
    var writableDescriptor: Int32 { writable.descriptor }

    /// Runs `body` under the lock, and lets both sides know what there is for them then.
    private func update<Result>(_ body: () -> Result) -> Result {
        monitor.withLock {
            let result = body()
            let isReadable = !bytes.isEmpty || end != nil
            if isReadable != self.isReadable {
                self.isReadable = isReadable
                if isReadable { readable.raise() } else { readable.lower() }
            }
            let isWritable = bytes.count < Self.capacity || !hasReader
            if isWritable != self.isWritable {
                self.isWritable = isWritable
                if isWritable { writable.raise() } else { writable.lower() }
            }
            monitor.broadcast()
            return result
        }
    }

    // MARK: The writer's side

    /// How many bytes there is room for; `nil` if nobody reads.
    var room: Int? {
        monitor.withLock { hasReader ? max(0, Self.capacity - bytes.count) : nil }
    }

    var writerReadiness: Readiness {
        monitor.withLock { isWritable ? .ready : writable.readiness }
    }

    /// Adds bytes, whether or not there is room.
    func write(_ part: UnsafeRawBufferPointer) {
        update { if hasReader { bytes.append(contentsOf: part) } }
    }

    /// Waits until there is room; false if nobody reads.
    func waitForRoom() -> Bool {
        monitor.withLock {
            while hasReader, bytes.count >= Self.capacity { monitor.wait() }
            return hasReader
        }
    }

    func finish(_ trailers: Headers) { update { if end == nil { end = .whole(trailers) } } }

    func fail(_ code: HTTPErrorCode) { update { if end == nil { end = .failed(code) } } }

    // MARK: The reader's side

    enum Piece {
        case bytes([UInt8])
        case notYet
        case end(Result<Headers, HTTPErrorCode>)
    }

    /// The next bytes, at most `limit`.
    func read(upTo limit: Int) -> Piece {
        update {
            if !bytes.isEmpty {
                let piece = Array(bytes.prefix(limit))
                bytes.removeFirst(piece.count)
                return .bytes(piece)
            }
            switch end {
            case .whole(let trailers): return .end(.success(trailers))
            case .failed(let code): return .end(.failure(code))
            case nil: return .notYet
            }
        }
    }

    var readerReadiness: Readiness {
        monitor.withLock { isReadable ? .ready : readable.readiness }
    }

    /// Throws away what has come; whether that was the end.
    func skip() -> Bool {
        update {
            bytes.removeAll(keepingCapacity: true)
            return end != nil
        }
    }

    /// All bytes and the fields after them, if the body is whole and still here as a whole.
    var whole: (bytes: [UInt8], trailers: Headers)? {
        monitor.withLock { if case .whole(let trailers) = end { (bytes, trailers) } else { nil } }
    }

    /// Nobody reads any more.
    func closeReader() {
        update {
            hasReader = false
            bytes = []
        }
    }
}

/// The body of a request, as the component writes it.
final class RequestTarget: BodyTarget {
    private let pipe: BodyPipe

    init(_ pipe: BodyPipe) {
        self.pipe = pipe
    }

    var mayBeShort: Bool { false }

    func budget(_ call: WASICall) throws(StreamFailure) -> Int {
        guard let room = pipe.room else { throw .closed }
        return room
    }

    func write(_ bytes: UnsafeRawBufferPointer, _ call: WASICall) throws(StreamFailure) {
        guard pipe.room != nil else { throw .closed }
        pipe.write(bytes)
    }

    var readiness: Readiness { pipe.writerReadiness }

    func finish(_ trailers: Headers, _ call: WASICall) { pipe.finish(trailers) }

    func abort(_ reason: HTTPErrorCode?) { pipe.fail(reason ?? .protocolError) }
}

/// The body of the response to a request of the component's.
final class ResponseSource: BodySource {
    private let request: RunningRequest

    init(_ request: RunningRequest) {
        self.request = request
    }

    func read(upTo limit: Int, _ call: WASICall) throws(StreamFailure) -> [UInt8] {
        switch request.responseBody.read(upTo: limit) {
        case .bytes(let bytes): return bytes
        case .notYet: return []
        case .end(.success): throw .closed
        case .end(.failure(let code)): throw .failed(IOError(.other(code)))
        }
    }

    var readiness: Readiness { request.responseBody.readerReadiness }

    func trailers(_ call: WASICall) -> Result<Headers, HTTPErrorCode>? {
        guard request.responseBody.skip(), case .end(let end) = request.responseBody.read(upTo: 1) else { return nil }
        return end
    }

    var trailerReadiness: Readiness {
        request.responseBody.skip() ? .ready : request.responseBody.readerReadiness
    }
}
