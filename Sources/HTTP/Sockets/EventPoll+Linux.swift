#if os(Linux)
    import Glibc

    /// Waits for events on many descriptors: epoll.
    ///
    /// Descriptors are registered with a token that comes back with their events. Connections are edge-triggered, so
    /// that one can lie registered and untouched while a worker has it.
    final class EventPoll {
        struct Events: OptionSet {
            let rawValue: UInt32

            static let readable = Events(rawValue: 0x001)
            static let writable = Events(rawValue: 0x004)
            static let error = Events(rawValue: 0x008)
            /// Both directions are shut down.
            static let hangUp = Events(rawValue: 0x010)
            /// The peer has shut down its sending side.
            static let readHangUp = Events(rawValue: 0x2000)
            static let exclusive = Events(rawValue: 1 << 28)
            static let edgeTriggered = Events(rawValue: 1 << 31)
        }

        private static let capacity = 256
        private let descriptor: Int32
        private let wakeDescriptor: Int32
        private let buffer: UnsafeMutableRawPointer
        /// What `wait` reports when `wake` was called.
        static let wakeToken = UInt64.max

        init() throws(SystemError) {
            descriptor = LinuxCall.epollCreate(0x80000)
            guard descriptor >= 0 else { throw SystemError(operation: "epoll_create1", code: errno) }
            wakeDescriptor = LinuxCall.eventDescriptor(0, 0x80800)
            guard wakeDescriptor >= 0 else {
                let code = errno
                close(descriptor)
                throw SystemError(operation: "eventfd", code: code)
            }
            buffer = .allocate(byteCount: Self.capacity * LinuxCall.EpollEvent.stride, alignment: 8)
            guard add(wakeDescriptor, [.readable, .edgeTriggered], token: Self.wakeToken) else {
                throw SystemError(operation: "epoll_ctl", code: errno)
            }
        }

        deinit {
            close(descriptor)
            close(wakeDescriptor)
            buffer.deallocate()
        }

        func add(_ fileDescriptor: Int32, _ events: Events, token: UInt64) -> Bool {
            control(1, fileDescriptor, events, token)
        }

        func modify(_ fileDescriptor: Int32, _ events: Events, token: UInt64) -> Bool {
            control(3, fileDescriptor, events, token)
        }

        func remove(_ fileDescriptor: Int32) {
            _ = control(2, fileDescriptor, [], 0)
        }

        private func control(_ operation: Int32, _ fileDescriptor: Int32, _ events: Events, _ token: UInt64) -> Bool {
            var event = (UInt64(0), UInt64(0))
            return withUnsafeMutableBytes(of: &event) { bytes in
                bytes.storeBytes(of: events.rawValue, as: UInt32.self)
                bytes.storeBytes(of: token, toByteOffset: LinuxCall.EpollEvent.dataOffset, as: UInt64.self)
                return LinuxCall.epollControl(descriptor, operation, fileDescriptor, bytes.baseAddress) == 0
            }
        }

        /// Waits for events, at most `milliseconds` (-1: for ever), and answers how many there are.
        func wait(milliseconds: Int32) -> Int {
            max(0, Int(LinuxCall.epollWait(descriptor, buffer, Int32(Self.capacity), milliseconds)))
        }

        /// Calls `body` with the token and the kinds of each of the events that `wait` has counted.
        func forEachEvent(_ count: Int, _ body: (UInt64, Events) -> Void) {
            for index in 0..<count {
                let event = buffer + index * LinuxCall.EpollEvent.stride
                body(
                    event.loadUnaligned(fromByteOffset: LinuxCall.EpollEvent.dataOffset, as: UInt64.self),
                    Events(rawValue: event.loadUnaligned(as: UInt32.self)))
            }
        }

        /// Makes `wait` return, from any thread.
        func wake() {
            var one: UInt64 = 1
            _ = write(wakeDescriptor, &one, 8)
        }
    }
#endif
