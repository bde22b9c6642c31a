#if os(Linux)
    import CLinux
    import Glibc
    package import Platform

    /// A queue, kept by the kernel, through which connections pass from one process that serves a socket to the next.
    ///
    /// It is to connections that are open what the backlog of a listening socket is to those that are not accepted yet:
    /// every process has both of its ends, the one that retires sends what it has, the one that serves takes what is
    /// there, and what comes between the two waits.
    package final class ConnectionQueue: Sendable {
        /// Each descriptor is closed with the queue.
        package let sendingDescriptor: Int32
        /// -1 where only another process has this end.
        package let receivingDescriptor: Int32

        /// A connection, and what is known of it.
        struct Passed {
            let fileDescriptor: Int32
            /// Since when its next request has waited to be admitted, on the clock that all processes share.
            var waitingSince: MonotonicTime?
            /// Whether a request has been answered on it.
            var isReused: Bool
            /// The client's address, if it is not the one that the descriptor is connected to.
            var remoteAddress: SocketAddress?
            /// Whether it is secured by TLS, up to a `TLSTerminator`.
            var isSecured: Bool
            /// What has been received of its next request.
            var input: [UInt8]
        }

        enum SendResult { case sent, full, impossible }

        /// Bytes of a message before what is of any length: the time, or 0; a byte of flags; the length of the client's
        /// address in text, which follows, with the input behind it; padding.
        private static let headerLength = 16
        private static let longestAddress = 64
        private static let (reusedFlag, securedFlag): (UInt8, UInt8) = (1, 2)
        /// The longest input that passes: the kernel takes a message as a whole, within the socket's buffer.
        static let maximumInput = 150 << 10
        /// The space that one descriptor takes in a message's control data, in words: so its parts are aligned.
        private static let controlWords = (clinux_cmsg_space(MemoryLayout<Int32>.size) + 7) / 8

        /// Makes a queue whose descriptors no program inherits unless it is given them.
        package init() throws(SystemError) {
            var descriptors: [Int32] = [-1, -1]
            let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            guard socketpair(AF_UNIX, type, 0, &descriptors) == 0 else {
                throw SystemError(operation: "socketpair", code: errno)
            }
            (sendingDescriptor, receivingDescriptor) = (descriptors[0], descriptors[1])
            // As many as the system allows without privilege.
            setSocketOption(sendingDescriptor, SOL_SOCKET, SO_SNDBUF, 1 << 20)
        }

        /// Takes over the ends of a queue that another process has made.
        package init(adoptingSending sending: Int32, receiving: Int32) {
            (sendingDescriptor, receivingDescriptor) = (sending, receiving)
            for descriptor in [sending, receiving] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        }

        /// Takes over the sending end alone of a queue that another process takes connections out of.
        package init(adoptingSending sending: Int32) {
            (sendingDescriptor, receivingDescriptor) = (sending, -1)
            _ = fcntl(sending, F_SETFD, FD_CLOEXEC)
        }

        deinit {
            close(sendingDescriptor)
            if receivingDescriptor >= 0 { close(receivingDescriptor) }
        }

        /// Whether connections wait in it.
        package var hasConnections: Bool {
            var polled = pollfd(fd: receivingDescriptor, events: Int16(POLLIN), revents: 0)
            return poll(&polled, 1, 0) > 0 && polled.revents & Int16(POLLIN) != 0
        }

        /// Makes a connection to whoever takes connections out of this queue.
        ///
        /// - Returns: this side's descriptor, which does not block and belongs to the caller.
        func connect() throws(SystemError) -> Int32 {
            try connect(for: nil, isSecured: false)
        }

        /// As `connect`, for a client whose connection is secured by TLS.
        ///
        /// - Parameter address: the client's.
        func connect(securedFor address: SocketAddress?) throws(SystemError) -> Int32 {
            try connect(for: address, isSecured: true)
        }

        private func connect(for address: SocketAddress?, isSecured: Bool) throws(SystemError) -> Int32 {
            var descriptors: [Int32] = [-1, -1]
            let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            guard socketpair(AF_UNIX, type, 0, &descriptors) == 0 else {
                throw SystemError(operation: "socketpair", code: errno)
            }
            defer { close(descriptors[1]) }
            let result = send(
                descriptors[1], remoteAddress: address, isSecured: isSecured, waitingSince: nil, isReused: false,
                input: UnsafeRawBufferPointer(start: nil, count: 0))
            guard result == .sent else {
                close(descriptors[0])
                throw SystemError(operation: "sendmsg", code: EAGAIN)
            }
            return descriptors[0]
        }

        /// Sends a connection; the caller closes its own descriptor afterwards.
        ///
        /// - Parameter remoteAddress: the client's, if the descriptor does not tell it.
        func send(
            _ fileDescriptor: Int32, remoteAddress: SocketAddress?, isSecured: Bool, waitingSince: MonotonicTime?,
            isReused: Bool, input: UnsafeRawBufferPointer
        ) -> SendResult {
            guard input.count <= Self.maximumInput else { return .impossible }
            var message = [UInt8](repeating: 0, count: Self.headerLength)
            message.withUnsafeMutableBytes {
                $0.storeBytes(of: waitingSince?.nanoseconds ?? 0, as: Int64.self)
                $0[8] = (isReused ? Self.reusedFlag : 0) | (isSecured ? Self.securedFlag : 0)
            }
            if let address = remoteAddress?.description.utf8 {
                message[9] = UInt8(address.count)
                message += address
            }
            message.append(contentsOf: input)
            var control = [UInt64](repeating: 0, count: Self.controlWords)
            let count = withHeader(&message, &control) { header in
                Self.put(fileDescriptor, into: &header)
                return sendmsg(sendingDescriptor, &header, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count >= 0 { return .sent }
            switch errno {
            // Too many descriptors on their way are a matter of time as well.
            case EAGAIN, EINTR, ENOBUFS, ENOMEM, ETOOMANYREFS: return .full
            default: return .impossible
            }
        }

        /// The next connection; `nil` if none is there.
        func receive() -> Passed? {
            var message = [UInt8](repeating: 0, count: Self.headerLength + Self.longestAddress + Self.maximumInput)
            while true {
                var control = [UInt64](repeating: 0, count: Self.controlWords)
                var flags: Int32 = 0
                var descriptor: Int32?
                let count = withHeader(&message, &control) { header in
                    let count = recvmsg(receivingDescriptor, &header, Int32(MSG_DONTWAIT) | Int32(MSG_CMSG_CLOEXEC))
                    flags = header.msg_flags
                    if count > 0 { descriptor = Self.descriptor(in: &header) }
                    return count
                }
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return nil }
                // A message without its descriptor, for want of free ones here, is a connection that is lost.
                guard count >= Self.headerLength, flags & Int32(MSG_CTRUNC) == 0,
                    let descriptor
                else { continue }
                let time = message.withUnsafeBytes { $0.load(as: Int64.self) }
                let inputStart = min(count, Self.headerLength + Int(message[9]))
                return Passed(
                    fileDescriptor: descriptor, waitingSince: time == 0 ? nil : MonotonicTime(nanoseconds: time),
                    isReused: message[8] & Self.reusedFlag != 0,
                    remoteAddress: SocketAddress.parse(
                        String(decoding: message[Self.headerLength..<inputStart], as: UTF8.self)),
                    isSecured: message[8] & Self.securedFlag != 0, input: Array(message[inputStart..<count]))
            }
        }

        /// Makes `descriptor` go along with a message (`SCM_RIGHTS`), which has the space for it.
        private static func put(_ descriptor: Int32, into message: inout msghdr) {
            guard let part = clinux_cmsg_first(&message) else { return }
            part.pointee.cmsg_level = SOL_SOCKET
            part.pointee.cmsg_type = clinux_scm_rights()
            part.pointee.cmsg_len = clinux_cmsg_length(MemoryLayout<Int32>.size)
            clinux_cmsg_data(part).storeBytes(of: descriptor, as: Int32.self)
        }

        /// The descriptor that has come along with a message.
        private static func descriptor(in message: inout msghdr) -> Int32? {
            guard let part = clinux_cmsg_first(&message), part.pointee.cmsg_level == SOL_SOCKET,
                part.pointee.cmsg_type == clinux_scm_rights(),
                part.pointee.cmsg_len == clinux_cmsg_length(MemoryLayout<Int32>.size)
            else { return nil }
            return clinux_cmsg_data(part).loadUnaligned(as: Int32.self)
        }

        private func withHeader(
            _ message: inout [UInt8], _ control: inout [UInt64], _ body: (inout msghdr) -> Int
        ) -> Int {
            message.withUnsafeMutableBytes { bytes in
                control.withUnsafeMutableBytes { controlBytes in
                    var vector = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                    return withUnsafeMutablePointer(to: &vector) { vector in
                        var header = msghdr()
                        header.msg_iov = vector
                        header.msg_iovlen = 1
                        header.msg_control = controlBytes.baseAddress
                        header.msg_controllen = controlBytes.count
                        return body(&header)
                    }
                }
            }
        }
    }
#endif
