import Foundation
import Synchronization

/// A small server that stands before another one, as a front-end's own does: it passes each connection's request on with the
/// fields that Node's `http-proxy` adds, which Vite's `server.proxy` is made of, and then bytes both ways.
package final class FrontProxy: Sendable {
    /// The options of `http-proxy` that change what the other server learns.
    package struct Options: Sendable {
        /// Whether it says from whom and for whom the request is.
        package var xfwd = true
        /// Whether `Host` becomes the other server's.
        package var changeOrigin = false

        package init(xfwd: Bool = true, changeOrigin: Bool = false) {
            self.xfwd = xfwd
            self.changeOrigin = changeOrigin
        }
    }

    private let listener: RawListener
    package var port: UInt16 { listener.port }
    /// The port on 127.0.0.1 where the other server is, which need not be there yet.
    package let target: Target

    package final class Target: Sendable {
        private let value = Mutex<UInt16>(0)

        package var port: UInt16 {
            get { value.withLock { $0 } }
            set { value.withLock { $0 = newValue } }
        }
    }

    package init(_ options: Options = Options(), target port: UInt16 = 0) throws {
        let target = Target()
        target.port = port
        self.target = target
        listener = try RawListener { client, ownPort in Self.serve(client, target.port, ownPort, options) }
    }

    package var origin: String { "http://localhost:\(port)" }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func serve(_ client: Int32, _ targetPort: UInt16, _ ownPort: UInt16, _ options: Options) {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        var end: Range<Int>?
        while end == nil {
            let count = read(client, &buffer, buffer.count)
            guard count > 0 else { return }
            received += buffer[..<count]
            end = received.firstRange(of: Array("\r\n\r\n".utf8))
        }
        guard let end else { return }
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(server) }
        var address = loopback(port: targetPort)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else {
            _ = sendAll(
                client, Array("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8))
            return
        }
        let head = String(decoding: received[..<end.lowerBound], as: UTF8.self)
        guard sendAll(server, Array(forwarded(head, targetPort, ownPort, options).utf8) + received[end.upperBound...])
        else { return }
        let isOver = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            copy(from: client, to: server)
            isOver.signal()
        }
        copy(from: server, to: client)
        // The client's side ends with the server's.
        shutdown(client, Int32(SHUT_RDWR))
        isOver.wait()
    }

    /// The head as `http-proxy` passes it on, for a connection that carries nothing else.
    static func forwarded(_ head: String, _ targetPort: UInt16, _ ownPort: UInt16, _ options: Options) -> String {
        var lines = head.components(separatedBy: "\r\n")
        let request = lines.removeFirst()
        var fields = lines.map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (name: parts[0], value: parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
        }
        func value(_ name: String) -> String? { fields.first { $0.name.lowercased() == name }?.value }
        func set(_ name: String, _ value: String) {
            fields.removeAll { $0.name.lowercased() == name }
            fields.append((name, value))
        }
        let isUpgrade = value("upgrade") != nil
        if options.xfwd {
            // What the client has sent under these names stays in front, as there.
            for (name, added) in [
                ("x-forwarded-for", "127.0.0.1"), ("x-forwarded-port", "\(ownPort)"),
                ("x-forwarded-proto", isUpgrade ? "ws" : "http"),
            ] {
                set(name, value(name).map { "\($0),\(added)" } ?? added)
            }
            if !isUpgrade, value("x-forwarded-host") == nil, let host = value("host") { set("x-forwarded-host", host) }
        }
        if options.changeOrigin { set("host", "127.0.0.1:\(targetPort)") }
        if !isUpgrade { set("connection", "close") }
        return ([request] + fields.map { "\($0.name): \($0.value)" }).joined(separator: "\r\n") + "\r\n\r\n"
    }

    private static func copy(from source: Int32, to destination: Int32) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0, sendAll(destination, buffer[..<count]) else { break }
        }
        shutdown(destination, Int32(SHUT_WR))
    }

    private static func sendAll(_ descriptor: Int32, _ bytes: some Collection<UInt8>) -> Bool {
        let bytes = Array(bytes)
        return bytes.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let count = send(descriptor, bytes.baseAddress! + start, bytes.count - start, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return false }
                start += count
            }
            return true
        }
    }
}
