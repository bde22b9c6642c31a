import Platform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Passes bytes between two connections that have switched to another protocol (RFC 9110 section 7.8).
struct Tunnel {
    /// One of the two connections.
    struct End {
        let fileDescriptor: Int32
        /// What has been received and not passed on.
        let input: ReceiveBuffer
        let send: (UnsafeRawBufferPointer) -> TransferResult
        let receive: (UnsafeMutableRawBufferPointer) -> TransferResult
        /// Ends this side's half of the connection.
        let endSending: () -> Void
    }

    private static let bufferSize = 64 << 10
    /// So long the other half may stay open when one has ended.
    private static let halfOpenTime = Duration.seconds(10)

    /// One direction.
    private struct Direction {
        let source: End
        let target: End
        var hasEnded = false
        var isOver: Bool { hasEnded && source.input.isEmpty }

        /// Moves what can be moved now; false if one of the connections is gone.
        mutating func move() -> Bool {
            while true {
                while !source.input.isEmpty {
                    switch target.send(source.input.readable) {
                    case .moved(let count): source.input.consume(count)
                    case .wouldBlock: return true
                    case .end, .failed: return false
                    }
                }
                guard !hasEnded else { return true }
                switch source.receive(source.input.room(atLeast: Tunnel.bufferSize)) {
                case .moved(let count): source.input.commit(count)
                case .wouldBlock: return true
                case .end:
                    hasEnded = true
                    target.endSending()
                case .failed: return false
                }
            }
        }

        /// The events that it waits for, at its source and at its target.
        var interests: (source: Int32, target: Int32) {
            source.input.isEmpty ? (hasEnded ? 0 : Int32(POLLIN), 0) : (0, Int32(POLLOUT))
        }
    }

    private var first: Direction
    private var second: Direction

    init(_ one: End, _ other: End) {
        first = Direction(source: one, target: other)
        second = Direction(source: other, target: one)
    }

    /// Passes bytes both ways until both sides have ended, one is gone, or the wait is cancelled.
    ///
    /// - Parameter wait: runs what waits for one of the connections.
    mutating func run(isCancelled: Cancellation?, wait: (() -> Bool) -> Bool) {
        while first.move(), second.move() {
            if first.isOver && second.isOver { return }
            let descriptors = (first.source.fileDescriptor, second.source.fileDescriptor)
            let (one, other) = (first.interests, second.interests)
            var polled = [
                pollfd(fd: descriptors.0, events: Int16(one.source | other.target), revents: 0),
                pollfd(fd: descriptors.1, events: Int16(one.target | other.source), revents: 0),
            ]
            let deadline = first.hasEnded || second.hasEnded ? MonotonicTime.now + Self.halfOpenTime : .distantFuture
            let isReady = wait {
                while true {
                    if let isCancelled, isCancelled() { return false }
                    let result = poll(&polled, 2, deadline.pollMilliseconds(since: .now))
                    if result > 0 { return true }
                    if result == 0 { return false }
                    if errno != EINTR { return false }
                }
            }
            guard isReady else { return }
        }
    }
}
