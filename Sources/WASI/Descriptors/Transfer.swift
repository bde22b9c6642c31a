import Glibc

/// Why a read or a write came to nothing.
enum TransferError: Error {
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
        into list: BufferList, at offset: off_t? = nil, isInterrupted: () -> Bool = { false }
    ) throws(TransferError) -> Int {
        switch resource {
        case .directory:
            throw .guest(.isDirectory)
        case .file(let file):
            try requireForTransfer(offset == nil ? .read : [.read, .seek])
            return try Self.transfer(list, on: file.number, offset, isInterrupted, Glibc.read, readv, preadv)
        case .stream(let stream):
            if offset != nil, !stream.isSeekable { throw .guest(.illegalSeek) }
            try requireForTransfer(.read)
            switch stream.source {
            case .fileDescriptor(let number):
                try waitIfBlocking(number, for: POLLIN)
                return try Self.transfer(list, on: number, offset, isInterrupted, Glibc.read, readv, preadv)
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
        from list: BufferList, at offset: off_t? = nil, isInterrupted: () -> Bool = { false }
    ) throws(TransferError) -> Int {
        switch resource {
        case .directory:
            throw .guest(.badDescriptor)
        case .file(let file):
            try requireForTransfer(offset == nil ? .write : [.write, .seek])
            return try Self.transfer(
                list, on: file.number, offset, isInterrupted, { Glibc.write($0, $1, $2) }, writev, pwritev)
        case .stream(let stream):
            if offset != nil, !stream.isSeekable { throw .guest(.illegalSeek) }
            try requireForTransfer(.write)
            switch stream.source {
            case .fileDescriptor(let number):
                try waitIfBlocking(number, for: POLLOUT)
                return try Self.transfer(
                    list, on: number, offset, isInterrupted, { Glibc.write($0, $1, $2) }, writev, pwritev)
            case .output(let write):
                return try Self.hand(list, to: write)
            case .discard:
                return list.byteCount
            case .input, .empty:
                throw .guest(.badDescriptor)
            }
        }
    }

    private func requireForTransfer(_ rights: Rights) throws(TransferError) {
        do { try require(rights) } catch { throw .guest(error) }
    }

    /// A standard stream's descriptor is shared with other processes, whose mode is not changed for a guest that asks
    /// for non-blocking transfers: the stream is looked at first instead.
    private func waitIfBlocking(_ number: Int32, for event: Int32) throws(TransferError) {
        guard flags.contains(.nonblocking) else { return }
        var request = pollfd(fd: number, events: Int16(event), revents: 0)
        if poll(&request, 1, 0) == 0 { throw .guest(.tryAgain) }
    }

    private static func transfer(
        _ list: BufferList,
        on number: Int32,
        _ offset: off_t?,
        _ isInterrupted: () -> Bool,
        _ single: (Int32, UnsafeMutableRawPointer, Int) -> Int,
        _ several: (Int32, UnsafePointer<iovec>, Int32) -> Int,
        _ positioned: (Int32, UnsafePointer<iovec>, Int32, off_t) -> Int
    ) throws(TransferError) -> Int {
        while true {
            let count =
                if let offset {
                    positioned(number, list.buffers, Int32(list.buffers.count), offset)
                } else if list.buffers.count == 1, let buffer = list.first, let start = buffer.baseAddress {
                    single(number, start, buffer.count)
                } else {
                    several(number, list.buffers, Int32(list.buffers.count))
                }
            if count >= 0 { return count }
            guard errno == EINTR, !isInterrupted() else { throw .guest(.current) }
        }
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
