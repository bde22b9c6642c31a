import Platform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What became of an attempt to move bytes over a socket that does not block.
enum TransferResult: Equatable {
    case moved(Int)
    /// The stream's end, or the file's.
    case end
    /// Nothing can be moved now.
    case wouldBlock
    case failed(Int32)
}

/// Calls on a connected, non-blocking socket. They never raise SIGPIPE, except that for files.
enum StreamSocket {
    static func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> TransferResult {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .moved(count) }
            if count == 0 { return .end }
            if errno == EAGAIN { return .wouldBlock }
            if errno != EINTR { return .failed(errno) }
        }
    }

    /// - Parameter moreFollows: lets the system wait for what comes next before it sends a packet.
    static func send(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, moreFollows: Bool = false
    ) -> TransferResult {
        while true {
            let count = Glibc.send(
                descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | (moreFollows ? Int32(MSG_MORE) : 0))
            if count >= 0 { return .moved(count) }
            if errno == EAGAIN { return .wouldBlock }
            if errno != EINTR { return .failed(errno) }
        }
    }

    /// Sends several pieces with one call.
    static func send(_ descriptor: Int32, _ pieces: UnsafeMutableBufferPointer<iovec>) -> TransferResult {
        while true {
            var message = msghdr()
            message.msg_iov = pieces.baseAddress
            message.msg_iovlen = pieces.count
            let count = sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .moved(count) }
            if errno == EAGAIN { return .wouldBlock }
            if errno != EINTR { return .failed(errno) }
        }
    }

    /// Sends at most `count` bytes of `file` from `offset`.
    static func send(_ descriptor: Int32, file: Int32, offset: Int64, count: Int64) -> TransferResult {
        while true {
            let sent = sendFile(file, offset: offset, count: Int(min(count, 1 << 30)), to: descriptor)
            if sent > 0 { return .moved(sent) }
            if sent == 0 { return .end }
            if errno == EAGAIN { return .wouldBlock }
            if errno != EINTR { return .failed(errno) }
        }
    }

    enum Direction { case reading, writing, either }

    /// Blocks until `descriptor` is ready, the peer is gone, `deadline` has passed, or the wait is cancelled; false in
    /// the last two cases.
    static func wait(
        _ descriptor: Int32, for direction: Direction, until deadline: MonotonicTime, _ isCancelled: Cancellation? = nil
    ) -> Bool {
        let events =
            switch direction {
            case .reading: POLLIN
            case .writing: POLLOUT
            case .either: POLLIN | POLLOUT
            }
        var request = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        while true {
            if let isCancelled, isCancelled() { return false }
            let result = poll(&request, 1, deadline.pollMilliseconds(since: .now))
            if result > 0 { return true }
            if result == 0 { return MonotonicTime.now < deadline }
            if errno != EINTR { return true }
        }
    }

    /// Whether there is something to receive, or the stream has ended.
    static func isReadable(_ descriptor: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, 0) != 0
    }

    /// Makes closing tell the peer that what it has received is not whole.
    static func resetOnClose(_ descriptor: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
}

/// Whether a peer moves bytes fast enough, counting only the time spent waiting for it.
struct TransferPace {
    let stallTimeout: Duration
    /// Bytes a second; 0 for no minimum.
    let minimumRate: Int
    let grace: Duration
    private var waited: Int64 = 0
    private var moved: Int64 = 0

    init(stallTimeout: Duration, minimumRate: Int = 0, grace: Duration = .zero) {
        self.stallTimeout = stallTimeout
        self.minimumRate = minimumRate
        self.grace = grace
    }

    mutating func didMove(_ count: Int) { moved += Int64(count) }

    /// Waits for `descriptor`; false if the peer is too slow, or the wait is cancelled.
    mutating func wait(
        _ descriptor: Int32, for direction: StreamSocket.Direction, until limit: MonotonicTime = .distantFuture,
        _ isCancelled: Cancellation? = nil
    ) -> Bool {
        let start = MonotonicTime.now
        var deadline = min(start + stallTimeout, limit)
        if minimumRate > 0 {
            let allowed = Double(grace.nanoseconds) + Double(moved) / Double(minimumRate) * 1e9
            let left = allowed - Double(waited)
            deadline = min(deadline, start + .nanoseconds(Int64(max(0, min(left, 1e18)))))
        }
        let ready = StreamSocket.wait(descriptor, for: direction, until: deadline, isCancelled)
        waited += MonotonicTime.now.nanoseconds - start.nanoseconds
        return ready
    }
}
