/// Bytes over a local socket with descriptors along (`SCM_RIGHTS`, unix(7)).
package enum DescriptorPassing {
    /// `SCM_RIGHTS`, and the flag by which what comes is closed on execution.
    private static let (rights, closesOnExecution): (Int32, Int32) = (1, 0x4000_0000)
    private static let headerSize = MemoryLayout<cmsghdr>.size

    /// Sends bytes, at least one, with descriptors along with the first.
    ///
    /// - Returns: how many bytes were sent; -1 and `errno` as send(2).
    package static func send(_ bytes: UnsafeRawBufferPointer, with descriptors: [Int32], over socket: Int32) -> Int {
        let length = headerSize + descriptors.count * MemoryLayout<Int32>.size
        // In words, so that the parts are aligned as the kernel has them.
        var control = [UInt64](repeating: 0, count: (length + 7) / 8)
        return control.withUnsafeMutableBytes { control in
            var header = cmsghdr()
            header.cmsg_len = length
            header.cmsg_level = SOL_SOCKET
            header.cmsg_type = rights
            control.storeBytes(of: header, as: cmsghdr.self)
            for (index, descriptor) in descriptors.enumerated() {
                control.storeBytes(of: descriptor, toByteOffset: headerSize + index * 4, as: Int32.self)
            }
            var part = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
            return withUnsafeMutablePointer(to: &part) { part in
                var message = msghdr()
                (message.msg_iov, message.msg_iovlen) = (part, 1)
                (message.msg_control, message.msg_controllen) = (control.baseAddress, control.count)
                return sendmsg(socket, &message, Int32(MSG_NOSIGNAL))
            }
        }
    }

    /// Receives bytes, and the descriptors that have come along with them.
    ///
    /// - Returns: how many bytes; -1 and `errno` as recv(2).
    package static func receive(
        _ buffer: UnsafeMutableRawBufferPointer, with descriptors: inout [Int32], upTo limit: Int, over socket: Int32
    ) -> Int {
        var control = [UInt64](repeating: 0, count: (headerSize + limit * 4 + 7) / 8)
        return control.withUnsafeMutableBytes { control in
            var part = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
            return withUnsafeMutablePointer(to: &part) { part in
                var message = msghdr()
                (message.msg_iov, message.msg_iovlen) = (part, 1)
                (message.msg_control, message.msg_controllen) = (control.baseAddress, control.count)
                let count = recvmsg(socket, &message, closesOnExecution)
                guard count > 0, message.msg_controllen >= headerSize else { return count }
                let header = control.load(as: cmsghdr.self)
                guard header.cmsg_level == SOL_SOCKET, header.cmsg_type == rights else { return count }
                let end = min(Int(header.cmsg_len), Int(message.msg_controllen))
                var offset = headerSize
                while offset + 4 <= end {
                    descriptors.append(control.load(fromByteOffset: offset, as: Int32.self))
                    offset += 4
                }
                return count
            }
        }
    }
}
