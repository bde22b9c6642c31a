import JSON
package import Platform
import Synchronization

/// Reads recordings, whose writers may do anything to their memory: nothing in it is believed.
///
/// A recording is copied before it is looked at, so that it cannot change between a check and its use, and all of it is
/// checked then: that it is of its position, its digest, each length. A recording that has been overwritten, or that
/// nobody has written, is not there.
///
/// See Recording.md in SandboxProtocol.docc.
package final class RecordingReader: Sendable {
    private typealias Layout = RecordingLayout
    private typealias Field = RecordingLayout.Field

    package let memory: RecordingMemory
    /// Up to where memory of bodies has been given back.
    private let givenBack = Mutex<UInt64>(0)

    /// Memory goes back in pieces of so many bytes.
    private static let piece: UInt64 = 1 << 20
    /// What writers may fill while a piece is given back. The memory after them is left alone.
    private static let margin: UInt64 = 16 << 20

    /// Reads memory that it makes.
    package init() throws(SystemError) {
        memory = try RecordingMemory()
    }

    init(_ memory: RecordingMemory) {
        self.memory = memory
    }

    /// The recording at a position; `nil` if it is not there any more.
    package func recording(at position: UInt64) -> RequestRecording? {
        copy(at: position).flatMap(Self.recording)
    }

    /// What a list tells of the recording at a position: as `recording`, at less cost.
    package func summary(at position: UInt64) -> RecordingSummary? {
        guard let bytes = copy(at: position), let sections = Self.sections(bytes) else { return nil }
        let flags = Layout.Flags(rawValue: Self.number(bytes, Field.flags, UInt32.self))
        func text(_ section: Layout.Section) -> String? {
            flags.contains(.hasRun) ? String(decoding: bytes[sections[section.rawValue]], as: UTF8.self) : nil
        }
        return RecordingSummary(
            route: text(.route), module: text(.module), function: text(.function),
            bodyIsStored: flags.contains(.bodyIsStored),
            replayed: Self.replayed(bytes[sections[Layout.Section.requestFields.rawValue]]))
    }

    private static let replayLine = Array("\n\(RecordingSummary.replayField): ".utf8)

    /// The number in the field that says so, which is never the first.
    private static func replayed(_ fields: ArraySlice<UInt8>) -> Int? {
        guard let start = fields.firstRange(of: replayLine)?.upperBound else { return nil }
        return Int(String(decoding: fields[start...].prefix { $0 != 0x0D }, as: UTF8.self)).flatMap {
            $0 > 0 ? $0 : nil
        }
    }

    /// The kept bytes of a body; `nil` if they are not there any more.
    package func bytes(of body: RequestRecording.Body) -> [UInt8]? {
        guard body.count > 0 else { return [] }
        guard body.count <= Layout.maximumBlob,
            let place = memory.bytes(at: body.position, count: body.count, in: .bodies)
        else { return nil }
        let bytes = Array(UnsafeRawBufferPointer(place))
        return bytes.withUnsafeBytes { RecordingDigest.of($0) } == body.digest ? bytes : nil
    }

    /// Gives memory back that only older recordings have: those of this position and after it stay.
    package func giveBackBodies(before position: UInt64) {
        guard let oldest = copy(at: position).map({ Self.blob($0, .requestBody).position }) else { return }
        let reserved = memory.reserved(in: .bodies)
        // What a hostile process has written there does no harm: at worst, bodies are lost.
        guard oldest <= reserved, reserved - oldest <= UInt64(Layout.bodyCapacity), reserved < .max / 2 else { return }
        givenBack.withLock { givenBack in
            // What writers are about to use again is not worth it, and may be in use by now.
            let floor = max(reserved + Self.margin, UInt64(Layout.bodyCapacity)) - UInt64(Layout.bodyCapacity)
            let start = max(givenBack <= reserved ? givenBack : 0, floor + Self.piece - 1) / Self.piece * Self.piece
            // Requests at the same time may have taken room in another order for their bodies than for themselves.
            let end = max(oldest, Self.piece) / Self.piece * Self.piece - Self.piece
            guard start < end else { return }
            memory.giveBackBodies(start..<end)
            givenBack = end
        }
    }

    // MARK: Copies

    /// The bytes of the recording at a position, if they are what a writer has written.
    private func copy(at position: UInt64) -> [UInt8]? {
        guard let fixed = memory.bytes(at: position, count: Field.end, in: .recordings),
            memory.mark(at: position).pointee.load(ordering: .acquiring) == Layout.mark(at: position)
        else { return nil }
        let size = Int(fixed.loadUnaligned(fromByteOffset: Field.size, as: UInt32.self))
        guard (Field.end...Layout.maximumRecording).contains(size),
            let whole = memory.bytes(at: position, count: size, in: .recordings)
        else { return nil }
        let bytes = Array(UnsafeRawBufferPointer(whole))
        // Of the copy, since the memory may be another one by now.
        let isIntact = bytes.withUnsafeBytes { bytes in
            bytes.loadUnaligned(fromByteOffset: Field.digest, as: UInt64.self)
                == RecordingDigest.of(UnsafeRawBufferPointer(rebasing: bytes[Field.size...]))
        }
        return isIntact ? bytes : nil
    }

    private static func number<Number: FixedWidthInteger>(_ bytes: [UInt8], _ offset: Int, _: Number.Type) -> Number {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self) }
    }

    private static func blob(_ bytes: [UInt8], _ blob: Layout.Blob) -> RequestRecording.Body {
        let field = Field.blobs + blob.rawValue * Layout.BlobField.end
        let count = Int(number(bytes, field + Layout.BlobField.count, UInt32.self))
        return RequestRecording.Body(
            total: max(count, Int(clamping: number(bytes, field + Layout.BlobField.total, UInt64.self))),
            count: count <= Layout.maximumBlob ? count : 0,
            position: number(bytes, field + Layout.BlobField.position, UInt64.self),
            digest: number(bytes, field + Layout.BlobField.digest, UInt64.self))
    }

    /// What a recording says; `nil` if no writer writes such a thing.
    private static func recording(_ bytes: [UInt8]) -> RequestRecording? {
        let flags = Layout.Flags(rawValue: number(bytes, Field.flags, UInt32.self))
        guard let sections = sections(bytes), flags.isSubset(of: .all),
            let revision = Int(exactly: number(bytes, Field.revision, UInt64.self))
        else { return nil }
        func section(_ section: Layout.Section) -> ArraySlice<UInt8> { bytes[sections[section.rawValue]] }
        func text(_ name: Layout.Section) -> String { String(decoding: section(name), as: UTF8.self) }
        func milliseconds(_ field: Int) -> Double { Double(number(bytes, field, UInt64.self)) / 1e6 }
        var handler: RequestRecording.Run?
        if flags.contains(.hasRun) {
            handler = RequestRecording.Run(
                route: text(.route), module: text(.module), function: text(.function),
                environment: strings(section(.environment)).map { field($0, separator: UInt8(ascii: "=")) },
                arguments: strings(section(.arguments)).map { Array($0) }, errorOutput: blob(bytes, .errorOutput),
                memoryBytes: Int(clamping: number(bytes, Field.memory, UInt64.self)),
                failure: (try? JSONValue(parsing: Array(section(.failure))))?.object.flatMap(
                    RecordedFailure.init(json:)))
        }
        let responseLines = lines(section(.responseHead))
        return RequestRecording(
            number: number(bytes, Field.number, UInt64.self), revision: revision,
            time: Double(number(bytes, Field.time, UInt64.self)) / 1e9,
            queue: milliseconds(Field.queue), instantiate: milliseconds(Field.instantiate),
            run: milliseconds(Field.run),
            isSecured: flags.contains(.isSecured), method: text(.method), target: Array(section(.target)),
            fields: lines(section(.requestFields)).map { field($0, separator: UInt8(ascii: ":")) },
            requestBody: blob(bytes, .requestBody),
            statusLine: responseLines.first.map { String(decoding: $0, as: UTF8.self) } ?? "",
            responseFields: responseLines.dropFirst().map { field($0, separator: UInt8(ascii: ":")) },
            responseBody: blob(bytes, .responseBody), bodyIsStored: flags.contains(.bodyIsStored), handler: handler)
    }

    /// Where each section is, in their order; `nil` if they do not fill what is behind the fields.
    private static func sections(_ bytes: [UInt8]) -> [Range<Int>]? {
        var sections: [Range<Int>] = []
        var start = Field.end
        for section in Layout.Section.allCases {
            let count = Int(number(bytes, Field.counts + 4 * section.rawValue, UInt32.self))
            guard count <= bytes.count - start else { return nil }
            sections.append(start..<start + count)
            start += count
        }
        return start == bytes.count ? sections : nil
    }

    /// Strings that end with a NUL each. One that was cut has none.
    private static func strings(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var strings = bytes.split(separator: 0, omittingEmptySubsequences: false)
        if strings.last?.isEmpty == true { strings.removeLast() }
        return strings
    }

    /// The lines of a head, without the empty one at its end.
    private static func lines(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        bytes.split(separator: UInt8(ascii: "\n")).map { $0.last == 0x0D ? $0.dropLast() : $0 }.filter { !$0.isEmpty }
    }

    private static func field(_ line: ArraySlice<UInt8>, separator: UInt8) -> RequestRecording.Field {
        guard let end = line.firstIndex(of: separator) else {
            return RequestRecording.Field(name: Array(line), value: [])
        }
        var value = line[(end + 1)...]
        if separator == UInt8(ascii: ":") { value = value.drop { $0 == 0x20 || $0 == 0x09 } }
        return RequestRecording.Field(name: Array(line[..<end]), value: Array(value))
    }
}
