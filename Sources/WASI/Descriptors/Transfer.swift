import Glibc

/// Why a read or a write came to nothing.
package enum TransferError: Error {
    /// The guest is told.
    case guest(ErrorNumber)
    /// The guest is ended: the host's closure behind a standard stream failed.
    case host(any Error)
}

extension Descriptor {
    /// Reads into `list`, at `offset` or at the descriptor's own position, and returns the count of bytes.
    ///
    /// - Parameter isInterrupted: whether a wait that a signal ends is to be given up.
    func read(
        into list: BufferList, at offset: Int? = nil, isInterrupted: () -> Bool = { false }
    ) throws(TransferError) -> Int {
        switch resource {
        case .directory:
            throw .guest(.isDirectory)
        case .file(let file):
            return try Self.guest { () throws(ErrorNumber) in
                try file.read(into: list, at: offset, isInterrupted: isInterrupted)
            }
        case .stream(let stream):
            if offset != nil, !stream.isSeekable { throw .guest(.illegalSeek) }
            switch stream.source {
            case .fileDescriptor(let number):
                try waitIfBlocking(number, for: POLLIN)
                guard let file = stream.file else { throw .guest(.badDescriptor) }
                return try Self.guest { () throws(ErrorNumber) in
                    try file.read(into: list, at: offset, isInterrupted: isInterrupted)
                }
            case .input(let read):
                guard let buffer = list.first else { return 0 }
                return min(max(0, try Self.call { try read(buffer) }), buffer.count)
            case .empty:
                return 0
            case .output, .discard:
                throw .guest(.badDescriptor)
            }
        }
    }

    /// Writes what is in `list`, at `offset` or at the descriptor's own position, and returns the count of bytes.
    ///
    /// - Parameter isInterrupted: whether a wait that a signal ends is to be given up.
    func write(
        from list: BufferList, at offset: Int? = nil, isInterrupted: () -> Bool = { false }
    ) throws(TransferError) -> Int {
        switch resource {
        case .directory:
            throw .guest(.badDescriptor)
        case .file(let file):
            return try Self.guest { () throws(ErrorNumber) in
                try file.write(from: list, at: offset, isInterrupted: isInterrupted)
            }
        case .stream(let stream):
            if offset != nil, !stream.isSeekable { throw .guest(.illegalSeek) }
            switch stream.source {
            case .fileDescriptor(let number):
                try waitIfBlocking(number, for: POLLOUT)
                guard let file = stream.file else { throw .guest(.badDescriptor) }
                return try Self.guest { () throws(ErrorNumber) in
                    try file.write(from: list, at: offset, isInterrupted: isInterrupted)
                }
            case .output(let write):
                return try Self.hand(list, to: write)
            case .discard:
                return list.byteCount
            case .input, .empty:
                throw .guest(.badDescriptor)
            }
        }
    }

    private static func guest(_ body: () throws(ErrorNumber) -> Int) throws(TransferError) -> Int {
        do { return try body() } catch { throw .guest(error) }
    }

    /// A standard stream's descriptor is shared with other processes, whose mode is not changed for a guest that asks
    /// for non-blocking transfers: the stream is looked at first instead.
    private func waitIfBlocking(_ number: Int32, for event: Int32) throws(TransferError) {
        guard flags.contains(.nonblocking) else { return }
        var request = pollfd(fd: number, events: Int16(event), revents: 0)
        if poll(&request, 1, 0) == 0 { throw .guest(.tryAgain) }
    }

    private static func hand(
        _ list: BufferList, to write: (UnsafeRawBufferPointer) throws -> Void
    ) throws(TransferError) -> Int {
        var count = 0
        for buffer in list.buffers {
            do {
                try call { try write(UnsafeRawBufferPointer(start: buffer.iov_base, count: buffer.iov_len)) }
            } catch TransferError.guest where count > 0 {
                // What was written before the failure is told first; the next write meets the failure again.
                return count
            }
            count += buffer.iov_len
        }
        return count
    }

    private static func call<Result>(_ body: () throws -> Result) throws(TransferError) -> Result {
        do {
            return try body()
        } catch let error as ErrorNumber {
            throw .guest(error)
        } catch {
            throw .host(error)
        }
    }
}

extension StandardStream {
    /// Fills `list` as far as it can at once, and returns the count of bytes; 0 is the end.
    ///
    /// - Parameters:
    ///   - waits: whether to wait where nothing has come yet. A closure may wait in any case.
    ///   - isInterrupted: whether a wait that a signal ends is to be given up.
    package func read(
        into list: BufferList, waits: Bool, isInterrupted: () -> Bool
    ) throws(TransferError) -> Int {
        try descriptor(waits: waits).read(into: list, isInterrupted: isInterrupted)
    }

    /// Writes what is in `list` and returns the count of bytes.
    ///
    /// - Parameters:
    ///   - waits: whether to wait where nothing can be taken. A closure may wait in any case.
    ///   - isInterrupted: whether a wait that a signal ends is to be given up.
    package func write(
        from list: BufferList, waits: Bool, isInterrupted: () -> Bool
    ) throws(TransferError) -> Int {
        try descriptor(waits: waits).write(from: list, isInterrupted: isInterrupted)
    }

    private func descriptor(waits: Bool) -> Descriptor {
        Descriptor(.stream(self), flags: waits ? initialFlags : initialFlags.union(.nonblocking), rights: rights)
    }
}
