import Platform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What is still to be sent on a connection: bytes and ranges of files, in order.
struct OutputQueue {
    /// What became of an attempt to send everything.
    enum Result: Equatable {
        case finished
        /// The peer must take something first.
        case blocked
        case failed(Int32)
        /// A file ended before its range did.
        case fileTooShort
        /// A file has not the content any more that the response is of. The end of its range has not been sent.
        case fileChanged
    }

    private enum Segment {
        case bytes([UInt8], from: Int)
        case file(OpenFile, from: Int64, to: Int64)
    }

    /// Files up to this size are copied behind the bytes before them: one call instead of two.
    private static let copiedFileSize: Int64 = 32 << 10
    /// Bytes up to this number are copied behind those before them.
    static let copiedByteCount = 16 << 10

    /// How many bytes at the end of a file that has a known content leave last, and only if the file has it still then:
    /// without them a client does not take for whole what it got.
    private static let withheldByteCount: Int64 = 4 << 10
    /// Of a file that people may write to, so much is copied at a time.
    private static let copiedPieceSize: Int64 = 64 << 10

    private var segments: [Segment] = []
    private var next = 0

    var isEmpty: Bool { next == segments.count }

    /// The bytes still to be sent.
    var remaining: Int64 {
        segments[next...].reduce(0) { sum, segment in
            switch segment {
            case .bytes(let bytes, let start): sum + Int64(bytes.count - start)
            case .file(_, let start, let end): sum + end - start
            }
        }
    }

    mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        if bytes.count <= Self.copiedByteCount, case .bytes(var last, let start)? = takeLastBytes() {
            last.append(contentsOf: bytes)
            segments.append(.bytes(last, from: start))
        } else {
            segments.append(.bytes(bytes, from: 0))
        }
    }

    mutating func append(_ file: OpenFile, _ range: Range<Int64>) throws(ResponseError) {
        guard !range.isEmpty else { return }
        if range.count <= Self.copiedFileSize, case .bytes(var last, let start)? = takeLastBytes() {
            defer { segments.append(.bytes(last, from: start)) }
            do throws(SystemError) {
                let bytes = try file.bytes(in: range)
                guard bytes.count == range.count else {
                    throw SystemError(operation: "read beyond the file's end", code: EIO)
                }
                last.append(contentsOf: bytes)
            } catch {
                throw .unreadableFile(error)
            }
            guard file.isIntact else { throw .changedFile }
        } else {
            segments.append(.file(file, from: range.lowerBound, to: range.upperBound))
        }
    }

    /// The last segment, removed, if it is made of bytes: so that appending to it does not copy it.
    private mutating func takeLastBytes() -> Segment? {
        guard next < segments.count, case .bytes = segments[segments.count - 1] else { return nil }
        return segments.removeLast()
    }

    /// Sends as much as `descriptor` takes; the number of bytes is added to `sent`.
    mutating func send(to descriptor: Int32, counting sent: inout Int64) -> Result {
        while next < segments.count {
            let result: TransferResult
            switch segments[next] {
            case .bytes(let bytes, let start):
                result = bytes.withUnsafeBytes {
                    StreamSocket.send(
                        descriptor, UnsafeRawBufferPointer(rebasing: $0[start...]),
                        moreFollows: next + 1 < segments.count)
                }
            case .file(let file, let start, let end):
                let count = Self.countWithoutCopy(of: file, end - start)
                guard count > 0 else {
                    if let problem = copyPiece(of: file, start, end) { return problem }
                    continue
                }
                result = StreamSocket.send(descriptor, file: file.fileDescriptor, offset: start, count: count)
            }
            switch result {
            case .moved(let count):
                sent += Int64(count)
                advance(by: count)
            case .wouldBlock: return .blocked
            case .failed(let code): return .failed(code)
            case .end: return .fileTooShort
            }
        }
        removeAll()
        return .finished
    }

    /// How many of the next `count` bytes of a file the system may send from it by itself.
    private static func countWithoutCopy(of file: OpenFile, _ count: Int64) -> Int64 {
        switch file.owner {
        case nil: count
        case .program?: max(0, count - withheldByteCount)
        case .people?: 0
        }
    }

    /// Puts bytes in the place of the next piece of a file's range, which is the first segment.
    ///
    /// - Returns: what is wrong with the file, if anything is.
    private mutating func copyPiece(of file: OpenFile, _ start: Int64, _ end: Int64) -> Result? {
        let piece = start..<min(end, start + Self.copiedPieceSize)
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try file.bytes(in: piece) } catch { return .failed(error.code) }
        guard bytes.count == piece.count else { return .fileTooShort }
        if piece.upperBound == end, !file.isIntact { return .fileChanged }
        // The pieces before it have left: only one is in memory.
        segments.removeSubrange(..<next)
        next = 0
        segments[0] = .bytes(bytes, from: 0)
        if piece.upperBound < end { segments.insert(.file(file, from: piece.upperBound, to: end), at: 1) }
        return nil
    }

    mutating func removeAll() {
        segments.removeAll(keepingCapacity: true)
        next = 0
    }

    private mutating func advance(by count: Int) {
        switch segments[next] {
        case .bytes(let bytes, let start):
            if start + count == bytes.count { next += 1 } else { segments[next] = .bytes(bytes, from: start + count) }
        case .file(let file, let start, let end):
            if start + Int64(count) == end {
                next += 1
            } else {
                segments[next] = .file(file, from: start + Int64(count), to: end)
            }
        }
    }
}
