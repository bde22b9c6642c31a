import Foundation
import TestSupport
import Testing
import WAGI

/// Requests whose client sends all of a long body before it takes anything of the response.
@Suite(.timeLimit(.minutes(15)))
struct LongBodyTests {
    private static let body = LongBody(count: 32 << 20)

    /// What is on its way: in the buffers of four sockets, and in the memory that the server has for it.
    private static let mostOutsideOfFiles = 24 << 20

    @Test("32 MB go through a guest both ways, and are in a file while nobody takes them")
    func bothWays() throws {
        let echo = Guest.text(
            """
            \(Guest.data("Content-Type: application/octet-stream\n\n", at: 65536))
            (func (export "_start") (call $print (i32.const 65536)) (call $copy (i32.const 0)))
            """)
        let app = try ServedApplication(echo)
        let socket = try RawSocket(port: app.server.address.port)
        // To HTTP/1.0, the response comes without chunks.
        try socket.send("POST / HTTP/1.0\r\nHost: x\r\nContent-Length: \(Self.body.count)\r\n\r\n")
        try Self.body.send(to: socket)
        #expect(
            try eventually {
                try ProcessFiles.bytesInRemovedFiles(of: getpid(), named: "hippo-dev-")
                    >= Self.body.count - Self.mostOutsideOfFiles
            })
        #expect(try socket.receive(until: "\r\n\r\n", atMost: 1).hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(try Self.body.countReceived(from: socket) == Self.body.count)
    }
}
