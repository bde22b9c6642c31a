#if os(Linux)
    import CLinux
    import Glibc
    import Platform

    /// Waits for events on many descriptors: epoll.
    ///
    /// Descriptors are registered with a token that comes back with their events. Connections are edge-triggered, so
    /// that one can lie registered and untouched while a worker has it.
    final class EventPoll {
        struct Events: OptionSet {
            let rawValue: UInt32

            static let readable = Events(EPOLLIN)
            static let writable = Events(EPOLLOUT)
            static let error = Events(EPOLLERR)
            /// Both directions are shut down.
            static let hangUp = Events(EPOLLHUP)
            /// The peer has shut down its sending side.
            static let readHangUp = Events(EPOLLRDHUP)
            static let exclusive = Events(EPOLLEXCLUSIVE)
            static let edgeTriggered = Events(EPOLLET)

            init(rawValue: UInt32) { self.rawValue = rawValue }
            private init(_ events: EPOLL_EVENTS) { self.init(rawValue: events.rawValue) }
        }

        private static let capacity = 256
        private let descriptor: Int32
        private let wakeDescriptor: Int32
        private let buffer: UnsafeMutablePointer<epoll_event>
        /// What `wait` reports when `wake` was called.
        static let wakeToken = UInt64.max

        init() throws(SystemError) {
            descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
            guard descriptor >= 0 else { throw SystemError.last("epoll_create1") }
            wakeDescriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
            guard wakeDescriptor >= 0 else {
                let code = errno
                close(descriptor)
                throw SystemError(operation: "eventfd", code: code)
            }
            buffer = .allocate(capacity: Self.capacity)
            guard add(wakeDescriptor, [.readable, .edgeTriggered], token: Self.wakeToken) else {
                throw SystemError.last("epoll_ctl")
            }
        }

        deinit {
            close(descriptor)
            close(wakeDescriptor)
            buffer.deallocate()
        }

        func add(_ fileDescriptor: Int32, _ events: Events, token: UInt64) -> Bool {
            control(EPOLL_CTL_ADD, fileDescriptor, events, token)
        }

        func modify(_ fileDescriptor: Int32, _ events: Events, token: UInt64) -> Bool {
            control(EPOLL_CTL_MOD, fileDescriptor, events, token)
        }

        func remove(_ fileDescriptor: Int32) {
            _ = control(EPOLL_CTL_DEL, fileDescriptor, [], 0)
        }

        private func control(_ operation: Int32, _ fileDescriptor: Int32, _ events: Events, _ token: UInt64) -> Bool {
            var event = epoll_event(events: events.rawValue, data: epoll_data_t(u64: token))
            return epoll_ctl(descriptor, operation, fileDescriptor, &event) == 0
        }

        /// Waits for events, at most `milliseconds` (-1: for ever), and answers how many there are.
        func wait(milliseconds: Int32) -> Int {
            max(0, Int(epoll_wait(descriptor, buffer, Int32(Self.capacity), milliseconds)))
        }

        /// Calls `body` with the token and the kinds of each of the events that `wait` has counted.
        func forEachEvent(_ count: Int, _ body: (UInt64, Events) -> Void) {
            for index in 0..<count {
                body(buffer[index].data.u64, Events(rawValue: buffer[index].events))
            }
        }

        /// Makes `wait` return, from any thread.
        func wake() {
            var one: UInt64 = 1
            _ = write(wakeDescriptor, &one, 8)
        }
    }
#endif
