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
        /// Until a handler began with it.
        package var queue: Duration
        /// From then until the module was ready.
        package var instantiate: Duration
        /// From then until the response was complete.
        package var run: Duration
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
            number: UInt64, revision: Int, queue: Duration = .zero, instantiate: Duration = .zero,
            run: Duration = .zero, memoryBytes: Int = 0, bodyIsStored: Bool = false, isSecured: Bool = false,
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
    package struct Body {
        package var bytes: ArraySlice<UInt8> = []
        /// How many there were.
        package var total = 0

        package init() {}

        package init(_ bytes: ArraySlice<UInt8>, total: Int) {
            self.bytes = bytes
            self.total = total
        }
    }

    /// What was run for a request.
    package struct Handler {
        package var route = ""
        package var module = ""
        package var function = ""
        /// `NAME=value`, each with a NUL.
        package var environment: [UInt8] = []
        package var arguments: [String] = []
        /// The end of what it wrote to its standard error.
        package var errorOutput = Body()
        /// What became of it if it failed: see `RecordedFailure`.
        package var failure: RecordedFailure?

        package init() {}
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
        writeBlob(contents.requestBody, .requestBody, bytes)
        let stored = Body([], total: contents.responseBody.total)
        writeBlob(contents.bodyIsStored ? stored : contents.responseBody, .responseBody, bytes)
        writeBlob(contents.handler?.errorOutput ?? Body(), .errorOutput, bytes)
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
        let (queue, instantiate, run) = (
            contents.queue.nanoseconds, contents.instantiate.nanoseconds, contents.run.nanoseconds
        )
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

    /// Keeps a body, of which no more than `maximumBlob` bytes may be given.
    private func writeBlob(_ body: Body, _ blob: Layout.Blob, _ bytes: UnsafeMutableRawBufferPointer) {
        let count = min(body.bytes.count, Layout.maximumBlob)
        // Where there is none, it says which bodies are older.
        let position = count > 0 ? memory.reserve(count, in: .bodies) : memory.reserved(in: .bodies)
        var digest: UInt64 = 0
        if count > 0 {
            let place = memory.bytes(at: position, count: count, in: .bodies)!
            body.bytes.withUnsafeBytes { place.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            digest = RecordingDigest.of(UnsafeRawBufferPointer(place))
        }
        let field = Field.blobs + blob.rawValue * Layout.BlobField.end
        bytes.storeBytes(of: position, toByteOffset: field + Layout.BlobField.position, as: UInt64.self)
        bytes.storeBytes(of: digest, toByteOffset: field + Layout.BlobField.digest, as: UInt64.self)
        bytes.storeBytes(
            of: UInt64(clamping: body.total), toByteOffset: field + Layout.BlobField.total, as: UInt64.self)
        bytes.storeBytes(of: UInt64(count), toByteOffset: field + Layout.BlobField.count, as: UInt64.self)
    }

    private func writeSections(
        _ contents: borrowing Contents, _ fields: (UnsafeMutableRawBufferPointer) -> Void, _ failure: [UInt8],
        _ counts: SectionCounts, _ bytes: UnsafeMutableRawBufferPointer
    ) {
        var rest = UnsafeMutableRawBufferPointer(rebasing: bytes[Field.end...])
        func put(_ section: Layout.Section, _ source: UnsafeRawBufferPointer) {
            let count = min(source.count, counts[section])
            rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
            rest = UnsafeMutableRawBufferPointer(rebasing: rest[counts[section]...])
        }
        func put(_ section: Layout.Section, _ text: String) {
            var text = text
            text.withUTF8 { put(section, UnsafeRawBufferPointer($0)) }
        }
        put(.method, contents.method)
        put(.target, contents.target)
        let fieldCount = contents.fieldByteCount
        if fieldCount <= counts[.requestFields] {
            fields(UnsafeMutableRawBufferPointer(rebasing: rest[..<fieldCount]))
            rest = UnsafeMutableRawBufferPointer(rebasing: rest[fieldCount...])
        } else {
            withUnsafeTemporaryAllocation(byteCount: fieldCount, alignment: 8) { whole in
                fields(whole)
                put(.requestFields, UnsafeRawBufferPointer(whole))
            }
        }
        contents.responseHead.withUnsafeBytes { put(.responseHead, $0) }
        guard let handler = contents.handler else { return }
        put(.route, handler.route)
        put(.module, handler.module)
        put(.function, handler.function)
        handler.environment.withUnsafeBytes { put(.environment, $0) }
        if counts[.arguments] > 0 {
            var joined: [UInt8] = []
            for argument in handler.arguments {
                joined += argument.utf8
                joined.append(0)
            }
            joined.withUnsafeBytes { put(.arguments, $0) }
        }
        failure.withUnsafeBytes { put(.failure, $0) }
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
