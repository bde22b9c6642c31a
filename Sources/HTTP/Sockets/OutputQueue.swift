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
    }

    private enum Segment {
        case bytes([UInt8], from: Int)
        case file(OpenFile, from: Int64, to: Int64)
    }

    /// Files up to this size are copied behind the bytes before them: one call instead of two.
    private static let copiedFileSize: Int64 = 32 << 10
    /// Bytes up to this number are copied behind those before them.
    static let copiedByteCount = 16 << 10

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
            let before = last.count
            var problem: SystemError?
            last.append(contentsOf: repeatElement(0, count: range.count))
            var filled = before
            last.withUnsafeMutableBytes { buffer in
                while filled < buffer.count, problem == nil {
                    do throws(SystemError) {
                        let count = try file.read(
                            at: range.lowerBound + Int64(filled - before),
                            into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
                        if count == 0 { problem = SystemError(operation: "read beyond the file's end", code: EIO) }
                        filled += count
                    } catch {
                        problem = error
                    }
                }
            }
            if let problem {
                last.removeSubrange(before...)
                segments.append(.bytes(last, from: start))
                throw .unreadableFile(problem)
            }
            segments.append(.bytes(last, from: start))
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
                result = StreamSocket.send(
                    descriptor, file: file.fileDescriptor, offset: start, count: end - start)
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
