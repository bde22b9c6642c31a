import Cryptography
import HTTP
import TestSupport
import Testing

import Bindle

@Suite("A Bindle server whose clients are slow")
struct SlowUploadTests {
    private static let uploadCount = 200
    /// More than the event loop keeps of a body before it has a handler called.
    private static let size = 100_000
    /// What an answer may take on a busy machine. Before, it came when the first upload had ended.
    private static let patience = Duration.seconds(5)

    @Test("200 uploads that trickle hold up neither /healthz nor what others read and write")
    func slowUploads() throws {
        let server = try RunningServer(.development)
        let kept = Array("what others read".utf8)
        let keptDigest = SHA256.hash(kept).hex
        let contents = (0..<Self.uploadCount).map { [UInt8](repeating: UInt8($0 & 0xFF), count: Self.size + $0) }
        let digests = contents.map { SHA256.hash($0).hex }
        let parcels = zip(digests, contents).map { Self.parcel($0, size: $1.count) }
        let invoice =
            Self.head("slow") + Self.parcel(keptDigest, size: kept.count) + parcels.joined()
        #expect(try server.post("/_i", invoice).status == 202)
        #expect(try server.send(.post, "/_i/slow/1.0.0@\(keptDigest)", body: .bytes(kept)).status == 200)

        let uploads = try zip(digests, contents).map { digest, content in
            let socket = try RawSocket(port: server.port)
            try socket.send(
                "POST /v1/_i/slow/1.0.0@\(digest) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(content.count)\r\n\r\n"
            )
            try socket.send(bytes: Array(content[..<70_000]))
            return socket
        }
        let clock = ContinuousClock()
        for round in 0..<20 {
            // Each sends a few bytes, so that its handler wakes, writes them, and waits again.
            let start = 70_000 + round * 100
            for (socket, content) in zip(uploads, contents) {
                try socket.send(bytes: Array(content[start..<start + 100]))
            }
            let time = try clock.measure { () throws in
                #expect(try server.health().status == 200)
                #expect(try server.get("/_i/slow/1.0.0").status == 200)
                #expect(try server.get("/_i/slow/1.0.0@\(keptDigest)").bytes == kept)
                #expect(try server.post("/_i", Self.head("other")).status == 201)
            }
            #expect(time < Self.patience, "answers took \(time)")
        }
        for (socket, content) in zip(uploads, contents) { try socket.send(bytes: Array(content[72_000...])) }
        // All of them end at once, and wait for the disk and for each other.
        let time = try clock.measure { () throws in #expect(try server.health().status == 200) }
        #expect(time < Self.patience, "/healthz took \(time)")
        for socket in uploads { #expect(try socket.receive(until: "parcel created").hasPrefix("HTTP/1.1 200")) }
        #expect(try server.get("/_r/missing/slow/1.0.0").text.contains("missing = []"))
    }

    @Test("/healthz is answered when no further request may wait")
    func fullServer() throws {
        let server = try RunningServer(.development) { $0.maximumWaiting = 4 }
        let content = [UInt8](repeating: 0x61, count: Self.size)
        let digest = SHA256.hash(content).hex
        #expect(try server.post("/_i", Self.head("full") + Self.parcel(digest, size: content.count)).status == 202)
        var uploads: [RawSocket] = []
        defer { withExtendedLifetime(uploads) {} }
        // One that comes while another request is answered may be refused itself, so that more are begun until it is full.
        let isFull = try eventually { () throws in
            let socket = try RawSocket(port: server.port)
            try socket.send(
                "POST /v1/_i/full/1.0.0@\(digest) HTTP/1.1\r\nHost: localhost\r\n"
                    + "Content-Length: \(content.count)\r\n\r\n")
            uploads.append(socket)
            return try server.get("/_i/none/1.0.0").status == 503
        }
        #expect(isFull)
        #expect(try server.health().status == 200)
    }

    private static func head(_ name: String) -> String {
        "bindleVersion = \"1.0.0\"\n[bindle]\nname = \"\(name)\"\nversion = \"1.0.0\"\n"
    }

    private static func parcel(_ digest: String, size: Int) -> String {
        """
        [[parcel]]
        [parcel.label]
        name = "\(digest.prefix(8))"
        sha256 = "\(digest)"
        mediaType = "application/octet-stream"
        size = \(size)

        """
    }
}
