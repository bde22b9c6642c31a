import TestSupport
import Testing

@testable import HTTP

@Suite("A client that begins with HTTP/2")
struct HTTP2RefusalTests {
    @Test("is told in frames of HTTP/2 that HTTP/1.1 is required") func isToldInFrames() throws {
        let server = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { _, _, writer in
            try writer.respond(Response(text: "hello"))
        }
        try server.start()
        defer { server.stop() }
        let socket = try RawSocket(port: server.address.port)
        try socket.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0")
        let answer = Array(try socket.receive(until: "HTTP/1.1").utf8)
        // Empty settings; then GOAWAY for no stream, HTTP_1_1_REQUIRED.
        #expect(answer.prefix(9) == [0, 0, 0, 4, 0, 0, 0, 0, 0])
        #expect(answer.dropFirst(9).dropFirst(3).first == 7)
        #expect(Array(answer.dropFirst(18).prefix(8)) == [0, 0, 0, 0, 0, 0, 0, 0x0D])
        #expect(Int(answer[11]) == answer.count - 18)
    }
}
