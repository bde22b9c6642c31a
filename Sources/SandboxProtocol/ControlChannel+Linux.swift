import Foundation
import JSON
import Synchronization

/// One end of the socket pair between the sandbox and a WAGI process.
///
/// Messages are lines of JSON. Either side notices at once when the other has ended, however it ended, because the
/// kernel closes its end.
package final class ControlChannel: Sendable {
    /// Why a channel can no longer be used.
    package enum Failure: Error, Hashable, CustomStringConvertible {
        /// A system call failed with this `errno`.
        case system(call: String, code: Int32)
        /// A line that is no message, or is longer than `maximumLineLength`.
        case malformed(String)

        package var description: String {
            switch self {
            case .system(let call, let code): "control channel: \(call): \(String(cString: strerror(code)))"
            case .malformed(let line): "control channel: not a message: \(line)"
            }
        }
    }

    /// The longest line that is accepted, in bytes.
    package static let maximumLineLength = 4 << 20

    package let fileDescriptor: Int32
    private let sending = Mutex<Void>(())
    private let received = Mutex<[UInt8]>([])
    /// Descriptors that have come along and that nobody has taken yet.
    private let receivedDescriptors = Mutex<[Int32]>([])
    /// More descriptors do not come along with one message.
    private static let maximumDescriptors = 8

    /// Takes over the descriptor of a connected stream socket, and closes it in the end.
    package init(adopting fileDescriptor: Int32) {
        self.fileDescriptor = fileDescriptor
        _ = fcntl(fileDescriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit {
        for descriptor in receivedDescriptors.withLock({ $0 }) { close(descriptor) }
        close(fileDescriptor)
    }

    /// Two connected ends; neither is inherited by programs that this process starts.
    package static func pair() throws(Failure) -> (ControlChannel, ControlChannel) {
        var descriptors: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &descriptors) == 0
        else {
            throw .system(call: "socketpair", code: errno)
        }
        return (ControlChannel(adopting: descriptors[0]), ControlChannel(adopting: descriptors[1]))
    }

    /// Sends a message; may block while the other end is slow to read.
    ///
    /// - Parameter descriptors: come along with it, in this order; 8 at most. The other end gets copies.
    package func send(_ message: some ControlMessage, with descriptors: [Int32] = []) throws(Failure) {
        let line = Array((message.json.serialized + "\n").utf8)
        let code = sending.withLock { _ -> Int32 in
            var sent = 0
            while sent < line.count {
                let count = line[sent...].withUnsafeBytes { bytes in
                    sent == 0 && !descriptors.isEmpty
                        ? DescriptorPassing.send(bytes, with: descriptors, over: fileDescriptor)
                        : Foundation.send(fileDescriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
                }
                if count >= 0 {
                    sent += count
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
        guard code == 0 else { throw .system(call: "send", code: code) }
    }

    /// Waits for the next message; `nil` when the other end has closed. To be called from one thread at a time.
    package func receive<Message: ControlMessage>(_: Message.Type) throws(Failure) -> Message? {
        guard let line = try receiveLine() else { return nil }
        guard let object = try? JSONValue(parsing: line).object, let message = Message(json: object) else {
            throw .malformed(String(decoding: line.prefix(200), as: UTF8.self))
        }
        return message
    }

    /// Takes descriptors that have come along with messages, the oldest first; fewer if there are not so many. They are
    /// the caller's from now on.
    package func takeDescriptors(_ count: Int) -> [Int32] {
        receivedDescriptors.withLock { descriptors in
            let taken = Array(descriptors.prefix(count))
            descriptors.removeFirst(taken.count)
            return taken
        }
    }

    private func receiveLine() throws(Failure) -> [UInt8]? {
        var buffer = received.withLock { contents in
            let taken = contents
            contents = []
            return taken
        }
        var searched = 0
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                received.withLock { $0 = Array(buffer[(end + 1)...]) }
                return Array(buffer[..<end])
            }
            searched = buffer.count
            guard searched <= Self.maximumLineLength else {
                throw .malformed("a line of more than \(Self.maximumLineLength) bytes")
            }
            let chunk = [UInt8](unsafeUninitializedCapacity: 16384) { bytes, count in
                count = max(
                    0,
                    retryingOnInterrupt {
                        var descriptors: [Int32] = []
                        let count = DescriptorPassing.receive(
                            UnsafeMutableRawBufferPointer(bytes), with: &descriptors, upTo: Self.maximumDescriptors,
                            over: fileDescriptor)
                        if !descriptors.isEmpty { receivedDescriptors.withLock { $0 += descriptors } }
                        return count
                    })
            }
            if chunk.isEmpty { return nil }
            buffer.append(contentsOf: chunk)
        }
    }

    private func retryingOnInterrupt(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }
}
