import Glibc

extension WASIFunction {
    static let polling: [WASIFunction] = [
        WASIFunction("poll_oneoff", [.i32, .i32, .i32, .i32]) { call throws(ErrorNumber) in
            let count = call.u32(2)
            guard (1...Poll.subscriptionLimit).contains(count) else { throw .invalidArgument }
            let size = Subscription.size(in: call.edition)
            let input = try call.memory.elements(at: call.u32(0), count: count, size: size)
            let output = try call.memory.elements(at: call.u32(1), count: count, size: Event.size)
            let result = try call.memory.bytes(at: call.u32(3), count: 4)
            var poll = Poll()
            for index in 0..<Int(count) {
                let bytes = UnsafeMutableRawBufferPointer(rebasing: input[index * size..<(index + 1) * size])
                try poll.add(Subscription(bytes, call.edition), call.context)
            }
            let events = try poll.wait(until: { call.isInterrupted }, call.context.configuration.whileWaiting)
            for (index, event) in events.enumerated() {
                let start = index * Event.size
                event.store(in: UnsafeMutableRawBufferPointer(rebasing: output[start..<start + Event.size]))
            }
            result.store(UInt32(events.count), at: 0)
        }
    ]
}

/// What a guest wants to be told of: `subscription` of the specification.
private struct Subscription {
    enum Content {
        case clock(id: UInt32, timeout: UInt64, isAbsolute: Bool)
        case read(descriptor: UInt32)
        case write(descriptor: UInt32)
    }

    let userData: UInt64
    let content: Content

    static func size(in edition: Edition) -> Int {
        switch edition {
        case .snapshot0: 56
        case .preview1: 48
        }
    }

    init(_ bytes: UnsafeMutableRawBufferPointer, _ edition: Edition) throws(ErrorNumber) {
        userData = bytes.load(UInt64.self, at: 0)
        switch bytes.load(UInt8.self, at: 8) {
        case Event.clock:
            // The older edition has a second user datum before the clock's number.
            let start = edition == .snapshot0 ? 24 : 16
            let flags = bytes.load(UInt16.self, at: start + 24)
            guard flags & ~1 == 0 else { throw .invalidArgument }
            content = .clock(
                id: bytes.load(UInt32.self, at: start), timeout: bytes.load(UInt64.self, at: start + 8),
                isAbsolute: flags == 1)
        case Event.read:
            content = .read(descriptor: bytes.load(UInt32.self, at: 16))
        case Event.write:
            content = .write(descriptor: bytes.load(UInt32.self, at: 16))
        default:
            throw .invalidArgument
        }
    }
}

/// What a guest is told: `event` of the specification.
private struct Event {
    static let size = 32

    // The numbers of `eventtype`.
    static let clock: UInt8 = 0
    static let read: UInt8 = 1
    static let write: UInt8 = 2

    let userData: UInt64
    let type: UInt8
    var error = ErrorNumber.success
    /// How many bytes can be read or written, as far as it is known.
    var byteCount: UInt64 = 0
    var hasHungUp = false

    func store(in bytes: UnsafeMutableRawBufferPointer) {
        bytes.clear()
        bytes.store(userData, at: 0)
        bytes.store(error.rawValue, at: 8)
        bytes.store(type, at: 10)
        bytes.store(byteCount, at: 16)
        bytes.store(UInt16(hasHungUp ? 1 : 0), at: 24)
    }
}

/// One wait for the first of several subscriptions.
private struct Poll {
    private struct Deadline {
        let userData: UInt64
        let clock: Clock
        /// In the clock's own time.
        let time: UInt64
    }

    private struct Watch {
        let userData: UInt64
        let type: UInt8
        let request: pollfd
    }

    /// How many subscriptions the host keeps for a guest at a time.
    static let subscriptionLimit: UInt32 = 16_384

    /// How long the host is waited for at a time, in milliseconds, so that an interruption is noticed that comes without a
    /// signal to the thread.
    private static let slice: UInt64 = 50

    private var ready: [Event] = []
    private var deadlines: [Deadline] = []
    private var watches: [Watch] = []

    mutating func add(_ subscription: Subscription, _ context: WASIContext) throws(ErrorNumber) {
        let userData = subscription.userData
        switch subscription.content {
        case .clock(let id, let timeout, let isAbsolute):
            do throws(ErrorNumber) {
                let clock = try Clock(checking: id)
                // Nobody can wait for a thread's own time to pass: while it waits, it does not.
                guard clock == .realTime || clock == .monotonic else { throw .notSupported }
                let (time, isNever) = isAbsolute ? (timeout, false) : try clock.time.addingReportingOverflow(timeout)
                deadlines.append(Deadline(userData: userData, clock: clock, time: isNever ? .max : time))
            } catch {
                ready.append(Event(userData: userData, type: Event.clock, error: error))
            }
        case .read(let number):
            add(number, Event.read, POLLIN, userData, context)
        case .write(let number):
            add(number, Event.write, POLLOUT, userData, context)
        }
    }

    private mutating func add(
        _ number: UInt32, _ type: UInt8, _ event: Int32, _ userData: UInt64, _ context: WASIContext
    ) {
        do throws(ErrorNumber) {
            let host: Int32?
            var byteCount: UInt64 = 0
            switch try context.descriptors[number].resource {
            case .directory:
                throw .badDescriptor
            case .file(let file):
                host = file.hostNumber
                if host == nil { byteCount = type == Event.read ? file.readableBytes : 1 }
            case .stream(let stream):
                switch stream.source {
                // It will fail, which is no reason to wait.
                case .input, .empty: if type == Event.write { throw .badDescriptor }
                case .output, .discard: if type == Event.read { throw .badDescriptor }
                case .fileDescriptor: break
                }
                host = stream.hostNumber
            }
            if let host {
                watches.append(
                    Watch(userData: userData, type: type, request: pollfd(fd: host, events: Int16(event), revents: 0)))
            } else {
                // Whether a closure would wait cannot be known before it is called.
                ready.append(Event(userData: userData, type: type, byteCount: byteCount))
            }
        } catch {
            ready.append(Event(userData: userData, type: type, error: error))
        }
    }

    /// Waits until one of the subscriptions has something to tell, and returns what all of them have.
    ///
    /// - Parameter whileWaiting: runs what waits, if anything has to be waited for.
    mutating func wait(
        until isInterrupted: () -> Bool, _ whileWaiting: ((() -> Void) -> Void)?
    ) throws(ErrorNumber) -> [Event] {
        guard let whileWaiting, ready.isEmpty else { return try wait(until: isInterrupted) }
        var result: Result<[Event], ErrorNumber> = .success([])
        whileWaiting { result = Result { () throws(ErrorNumber) in try wait(until: isInterrupted) } }
        return try result.get()
    }

    private mutating func wait(until isInterrupted: () -> Bool) throws(ErrorNumber) -> [Event] {
        var requests = watches.map(\.request)
        while true {
            let pause = ready.isEmpty ? try timeToDeadline() : 0
            // Rounded up: a clock must not be told of before its time.
            let milliseconds = min(pause / 1_000_000 + (pause % 1_000_000 == 0 ? 0 : 1), Self.slice)
            let count = poll(&requests, nfds_t(requests.count), Int32(milliseconds))
            if count < 0, errno != EINTR { throw .current }
            if count > 0 { collect(requests) }
            try collectDeadlines()
            if !ready.isEmpty { return ready }
            if isInterrupted() { throw .interrupted }
        }
    }

    /// Nanoseconds until the first deadline.
    private func timeToDeadline() throws(ErrorNumber) -> UInt64 {
        var shortest = UInt64.max
        for deadline in deadlines {
            let now = try deadline.clock.time
            shortest = min(shortest, deadline.time > now ? deadline.time - now : 0)
        }
        return shortest
    }

    private mutating func collectDeadlines() throws(ErrorNumber) {
        for deadline in deadlines where try deadline.clock.time >= deadline.time {
            ready.append(Event(userData: deadline.userData, type: Event.clock))
        }
    }

    private mutating func collect(_ requests: [pollfd]) {
        for (watch, request) in zip(watches, requests) where request.revents != 0 {
            let returned = Int32(request.revents)
            var event = Event(userData: watch.userData, type: watch.type)
            if returned & POLLNVAL != 0 {
                event.error = .badDescriptor
            } else if returned & POLLERR != 0 {
                event.error = .inputOutput
            } else {
                event.hasHungUp = returned & POLLHUP != 0
                event.byteCount = watch.type == Event.read ? Self.readableBytes(request.fd) : 1
            }
            ready.append(event)
        }
    }

    private static func readableBytes(_ file: Int32) -> UInt64 {
        var count: Int32 = 0
        guard withUnsafeMutablePointer(to: &count, { ioctl(file, UInt(FIONREAD), $0) }) == 0 else { return 0 }
        return UInt64(max(0, count))
    }
}
