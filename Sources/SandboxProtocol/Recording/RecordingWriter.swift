import Platform
import Synchronization

/// Keeps requests in the memory of recordings, from any thread: without a lock, without a call to the kernel, and
/// without a wait for whoever reads. What is old is overwritten.
///
/// See Recording.md in SandboxProtocol.docc.
package final class RecordingWriter: Sendable {
    private typealias Layout = RecordingLayout
    private typealias Field = RecordingLayout.Field

    private let memory: RecordingMemory

    package init(_ memory: RecordingMemory) {
        self.memory = memory
    }

    /// What is to be kept of a request. What stands in it is copied while `write` runs.
    package struct Contents {
        package var number: UInt64
        package var revision: Int
        /// Nanoseconds until a handler began with it.
        package var queue: Int64
        /// From then until the module was ready.
        package var instantiate: Int64
        /// From then until the response was complete.
        package var run: Int64
        /// Bytes of the module's linear memories.
        package var memoryBytes: Int
        /// Whether the response's body is a stored file's, whose digest the response's ETag is. It is not copied.
        package var bodyIsStored: Bool
        package var isSecured: Bool

        package var method: String
        package var target: String
        /// How long the lines of the request's fields are, each with CR LF.
        package var fieldByteCount: Int
        package var responseHead: [UInt8]
        package var requestBody: Body
        package var responseBody: Body
        /// What was run; `nil` for what was answered without a module.
        package var handler: Handler?

        package init(
            number: UInt64, revision: Int, queue: Int64 = 0, instantiate: Int64 = 0, run: Int64 = 0,
            memoryBytes: Int = 0, bodyIsStored: Bool = false, isSecured: Bool = false,
            method: String, target: String, fieldByteCount: Int, responseHead: [UInt8], requestBody: Body = Body(),
            responseBody: Body = Body(), handler: Handler? = nil
        ) {
            self.number = number
            self.revision = revision
            self.queue = queue
            self.instantiate = instantiate
            self.run = run
            self.memoryBytes = memoryBytes
            self.bodyIsStored = bodyIsStored
            self.isSecured = isSecured
            self.method = method
            self.target = target
            self.fieldByteCount = fieldByteCount
            self.responseHead = responseHead
            self.requestBody = requestBody
            self.responseBody = responseBody
            self.handler = handler
        }
    }

    /// Bytes, of which the first are kept, or the last.
    package struct Body: Sendable {
        package var bytes: ArraySlice<UInt8> = []
        /// How many there were.
        package var total = 0

        package init() {}

        package init(_ bytes: ArraySlice<UInt8>, total: Int) {
            self.bytes = bytes
            self.total = total
        }
    }

    /// What was run for a request: an object, since it is handed on several times, and nothing that can change, since each
    /// look at that would be checked.
    package final class Handler: Sendable {
        let route: String
        let module: String
        let function: String
        let environment: [UInt8]
        let arguments: [String]
        let errorOutput: Body
        let failure: RecordedFailure?

        /// - Parameters:
        ///   - environment: `NAME=value`, each with a NUL.
        ///   - errorOutput: the end of what it wrote to its standard error.
        ///   - failure: what became of it if it failed.
        package init(
            route: String = "", module: String = "", function: String = "", environment: [UInt8] = [],
            arguments: [String] = [], errorOutput: Body = Body(), failure: RecordedFailure? = nil
        ) {
            self.route = route
            self.module = module
            self.function = function
            self.environment = environment
            self.arguments = arguments
            self.errorOutput = errorOutput
            self.failure = failure
        }
    }

    /// Keeps a request.
    ///
    /// - Parameter fields: writes the lines of the request's fields, as many bytes as `contents` says.
    /// - Returns: its position, a multiple of eight, by which a reader finds it as long as it is kept.
    package func write(
        _ contents: borrowing Contents, fields: (UnsafeMutableRawBufferPointer) -> Void
    ) -> UInt64 {
        let failure = contents.handler?.failure.map { Array($0.json.serialized.utf8) } ?? []
        let counts = SectionCounts(contents, failure)
        let size = counts.end
        let position = memory.reserve(size, in: .recordings)
        // It is in one piece: that is what has been reserved.
        let bytes = memory.bytes(at: position, count: (size + 7) & ~7, in: .recordings)!
        // A reader that comes now finds nothing, whatever was here.
        memory.mark(at: position).pointee.store(0, ordering: .relaxed)
        writeNumbers(contents, size, bytes)
        counts.write(to: bytes)
        let handler = contents.handler
        writeBlob(contents.requestBody, .requestBody, bytes)
        writeBlob(contents.responseBody, .responseBody, isKept: !contents.bodyIsStored, bytes)
        if let handler { writeBlob(handler.errorOutput, .errorOutput, bytes) } else { writeNoBlob(.errorOutput, bytes) }
        writeSections(contents, fields, failure, counts, bytes)
        let digest = RecordingDigest.of(UnsafeRawBufferPointer(rebasing: bytes[Field.size..<size]))
        bytes.storeBytes(of: digest, toByteOffset: Field.digest, as: UInt64.self)
        memory.mark(at: position).pointee.store(Layout.mark(at: position), ordering: .releasing)
        return position
    }

    private func writeNumbers(_ contents: borrowing Contents, _ size: Int, _ bytes: UnsafeMutableRawBufferPointer) {
        var flags: Layout.Flags = []
        if contents.bodyIsStored { flags.insert(.bodyIsStored) }
        if contents.handler != nil { flags.insert(.hasRun) }
        if contents.isSecured { flags.insert(.isSecured) }
        let (queue, instantiate, run) = (contents.queue, contents.instantiate, contents.run)
        bytes.storeBytes(of: UInt32(size), toByteOffset: Field.size, as: UInt32.self)
        bytes.storeBytes(of: flags.rawValue, toByteOffset: Field.flags, as: UInt32.self)
        bytes.storeBytes(of: contents.number, toByteOffset: Field.number, as: UInt64.self)
        bytes.storeBytes(of: UInt64(clamping: contents.revision), toByteOffset: Field.revision, as: UInt64.self)
        let start = Self.now &- UInt64(clamping: queue &+ instantiate &+ run)
        bytes.storeBytes(of: start, toByteOffset: Field.time, as: UInt64.self)
        bytes.storeBytes(of: UInt64(clamping: queue), toByteOffset: Field.queue, as: UInt64.self)
        bytes.storeBytes(of: UInt64(clamping: instantiate), toByteOffset: Field.instantiate, as: UInt64.self)
        bytes.storeBytes(of: UInt64(clamping: run), toByteOffset: Field.run, as: UInt64.self)
        bytes.storeBytes(of: UInt64(clamping: contents.memoryBytes), toByteOffset: Field.memory, as: UInt64.self)
    }

    /// Keeps a body, of which no more than `maximumBlob` bytes are taken.
    private func writeBlob(
        _ body: Body, _ blob: Layout.Blob, isKept: Bool = true, _ bytes: UnsafeMutableRawBufferPointer
    ) {
        let count = isKept ? min(body.bytes.count, Layout.maximumBlob) : 0
        guard count > 0 else { return writeNoBlob(blob, total: body.total, bytes) }
        let position = memory.reserve(count, in: .bodies)
        let place = memory.bytes(at: position, count: count, in: .bodies)!
        body.bytes.withUnsafeBytes { place.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        let digest = RecordingDigest.of(UnsafeRawBufferPointer(place))
        writeBlob(blob, position, digest, body.total, count, bytes)
    }

    /// Where there is no body, its position says which bodies are older.
    private func writeNoBlob(_ blob: Layout.Blob, total: Int = 0, _ bytes: UnsafeMutableRawBufferPointer) {
        writeBlob(blob, memory.reserved(in: .bodies), 0, total, 0, bytes)
    }

    private func writeBlob(
        _ blob: Layout.Blob, _ position: UInt64, _ digest: UInt64, _ total: Int, _ count: Int,
        _ bytes: UnsafeMutableRawBufferPointer
    ) {
        let field = Field.blobs + blob.rawValue * Layout.BlobField.end
        bytes.storeBytes(of: position, toByteOffset: field + Layout.BlobField.position, as: UInt64.self)
        bytes.storeBytes(of: digest, toByteOffset: field + Layout.BlobField.digest, as: UInt64.self)
        bytes.storeBytes(of: UInt64(clamping: total), toByteOffset: field + Layout.BlobField.total, as: UInt64.self)
        bytes.storeBytes(of: UInt64(count), toByteOffset: field + Layout.BlobField.count, as: UInt64.self)
    }

    private func writeSections(
        _ contents: borrowing Contents, _ fields: (UnsafeMutableRawBufferPointer) -> Void, _ failure: [UInt8],
        _ counts: SectionCounts, _ bytes: UnsafeMutableRawBufferPointer
    ) {
        var place = bytes.baseAddress! + Field.end
        Self.put(contents.method, counts[.method], &place)
        Self.put(contents.target, counts[.target], &place)
        let fieldCount = contents.fieldByteCount
        if fieldCount == counts[.requestFields] {
            fields(UnsafeMutableRawBufferPointer(start: place, count: fieldCount))
            place += fieldCount
        } else {
            withUnsafeTemporaryAllocation(byteCount: fieldCount, alignment: 8) { whole in
                fields(whole)
                Self.put(UnsafeRawBufferPointer(whole), counts[.requestFields], &place)
            }
        }
        Self.put(contents.responseHead, counts[.responseHead], &place)
        guard let handler = contents.handler else { return }
        Self.put(handler.route, counts[.route], &place)
        Self.put(handler.module, counts[.module], &place)
        Self.put(handler.function, counts[.function], &place)
        Self.put(handler.environment, counts[.environment], &place)
        // As many as there is room for.
        let end = place + counts[.arguments]
        for argument in handler.arguments where place < end {
            Self.put(argument, min(argument.utf8.count, end - place), &place)
            guard place < end else { break }
            place.storeBytes(of: 0, as: UInt8.self)
            place += 1
        }
        Self.put(failure, counts[.failure], &place)
    }

    /// Writes the first `count` bytes, which there are, and goes on behind them.
    private static func put(_ source: UnsafeRawBufferPointer, _ count: Int, _ place: inout UnsafeMutableRawPointer) {
        guard count > 0, let start = source.baseAddress else { return }
        place.copyMemory(from: start, byteCount: count)
        place += count
    }

    private static func put(_ source: [UInt8], _ count: Int, _ place: inout UnsafeMutableRawPointer) {
        source.withUnsafeBytes { put($0, count, &place) }
    }

    private static func put(_ text: String, _ count: Int, _ place: inout UnsafeMutableRawPointer) {
        var text = text
        text.withUTF8 { put(UnsafeRawBufferPointer($0), count, &place) }
    }

    /// How many bytes each section has.
    private struct SectionCounts {
        private var counts = InlineArray<10, UInt32>(repeating: 0)

        init(_ contents: borrowing Contents, _ failure: [UInt8]) {
            self[.method] = contents.method.utf8.count
            self[.target] = contents.target.utf8.count
            self[.requestFields] = contents.fieldByteCount
            self[.responseHead] = contents.responseHead.count
            guard let handler = contents.handler else { return }
            self[.route] = handler.route.utf8.count
            self[.module] = handler.module.utf8.count
            self[.function] = handler.function.utf8.count
            self[.environment] = handler.environment.count
            self[.arguments] = handler.arguments.reduce(0) { $0 + $1.utf8.count + 1 }
            self[.failure] = failure.count
        }

        subscript(section: Layout.Section) -> Int {
            get { Int(counts[section.rawValue]) }
            set { counts[section.rawValue] = UInt32(min(newValue, section.limit)) }
        }

        /// Where the recording ends.
        var end: Int {
            var end = Field.end
            for index in counts.indices { end += Int(counts[index]) }
            return end
        }

        func write(to bytes: UnsafeMutableRawBufferPointer) {
            for index in counts.indices {
                bytes.storeBytes(of: counts[index], toByteOffset: Field.counts + 4 * index, as: UInt32.self)
            }
        }
    }

    /// Nanoseconds since 1970, to a few milliseconds.
    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
