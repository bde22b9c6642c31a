import Foundation
import TestSupport
import Testing

@testable import HTTP

@Suite("Static files")
struct StaticFilesTests {
    let directory: TemporaryDirectory
    let files: StaticFiles

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("<p>root</p>", to: "root/index.html")
        try directory.write("0123456789", to: "root/digits.txt")
        try directory.write("", to: "root/empty.txt")
        try directory.write("<p>docs</p>", to: "root/docs/index.html")
        try directory.write("x", to: "root/bare/file")
        try directory.write("space", to: "root/a b+c.txt")
        try directory.write("secret", to: "secret.txt")
        files = try StaticFiles(root: directory.path + "/root")
    }

    private func get(_ target: String, _ headers: Headers = [:], method: Method = .get) -> Response? {
        files.respond(to: Request(method: method, target: target, headers: headers))
    }

    private func text(_ response: Response?) throws -> String {
        guard let response else { return "(none)" }
        var bytes: [UInt8] = []
        func append(_ file: OpenFile, _ range: Range<Int64>) throws {
            var piece = [UInt8](repeating: 0, count: range.count)
            let count = try piece.withUnsafeMutableBytes { try file.read(at: range.lowerBound, into: $0) }
            #expect(count == range.count)
            bytes += piece
        }
        switch response.body {
        case .empty, .stream, .events: break
        case .bytes(let body): bytes = body
        case .file(let file, let range): try append(file, range)
        case .pieces(let pieces):
            for piece in pieces {
                switch piece {
                case .bytes(let body): bytes += body
                case .file(let file, let range): try append(file, range)
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("a file comes with media type, validators and the offer of ranges")
    func file() throws {
        let response = try #require(get("/digits.txt?query"))
        #expect(response.status == .ok)
        #expect(response.headers["Content-Type"] == "text/plain; charset=utf-8")
        #expect(response.headers["ETag"]?.hasPrefix("\"") == true)
        #expect(response.headers["Last-Modified"].flatMap(HTTPDate.parse) != nil)
        #expect(response.headers["Accept-Ranges"] == "bytes")
        #expect(response.headers["Cache-Control"] == "no-cache")
        #expect(try text(response) == "0123456789")
        #expect(try text(get("/a%20b+c.txt")) == "space")
        #expect(try text(get("/empty.txt")) == "")
    }

    @Test("directories: index.html with a trailing slash, a redirect there without, nothing where there is none")
    func directories() throws {
        #expect(try text(get("/")) == "<p>root</p>")
        #expect(try text(get("/docs/")) == "<p>docs</p>")
        #expect(get("/docs/")?.headers["Content-Type"] == "text/html; charset=utf-8")
        let redirect = get("/docs?a=b")
        #expect(redirect?.status == .temporaryRedirect)
        #expect(redirect?.headers["Location"] == "/docs/?a=b")
        #expect(get("/bare") == nil && get("/bare/") == nil)
        #expect(get("/digits.txt/") == nil)
    }

    @Test(
        "no path leads out of the root, or to a file by another name",
        arguments: [
            "/../secret.txt", "/docs/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt",
            "/%2E%2E%2Fsecret.txt",
            "/docs/..%5c..%5csecret.txt", "/..\\secret.txt", "/./digits.txt", "//digits.txt", "/docs//index.html",
            "/digits.txt%00", "/digits.txt%00.html", "/%", "/%2", "/%zz", "/%ff", "/docs%2findex.html", "digits.txt",
            "*",
            "/%0adigits.txt", "/absent",
        ])
    func escapes(path: String) {
        #expect(get(path) == nil)
    }

    @Test("symbolic links are followed inside the root, never out of it")
    func symbolicLinks() throws {
        let root = directory.path + "/root"
        try FileManager.default.createSymbolicLink(atPath: root + "/inside", withDestinationPath: "digits.txt")
        try FileManager.default.createSymbolicLink(atPath: root + "/outside", withDestinationPath: "../secret.txt")
        try FileManager.default.createSymbolicLink(
            atPath: root + "/absolute", withDestinationPath: directory.path + "/secret.txt")
        try FileManager.default.createSymbolicLink(atPath: root + "/up", withDestinationPath: "..")
        #expect(try text(get("/inside")) == "0123456789")
        #expect(get("/outside") == nil && get("/absolute") == nil && get("/up/secret.txt") == nil)
        let walked = try DirectoryRoot(root)
        #expect(walked.walk(["outside"]) < 0 && walked.walk(["inside"]) < 0 && walked.walk(["up", "secret.txt"]) < 0)
        let found = walked.walk(["docs", "index.html"])
        #expect(found >= 0)
        close(found)
    }

    @Test("a FIFO, which would block its reader, is no file")
    func fifo() {
        #expect(mkfifo(directory.path + "/root/fifo", 0o600) == 0)
        #expect(get("/fifo") == nil)
    }

    @Test("other methods than GET and HEAD are 405, where there is a file")
    func methods() {
        let response = get("/digits.txt", method: .post)
        #expect(response?.status == .methodNotAllowed)
        #expect(response?.headers["Allow"] == "GET, HEAD")
        #expect(get("/absent", method: .post) == nil)
    }

    @Test("If-None-Match and If-Modified-Since lead to 304, the former deciding where both are there")
    func notModified() throws {
        let response = try #require(get("/digits.txt"))
        let tag = try #require(response.headers["ETag"])
        let date = try #require(response.headers["Last-Modified"])
        for condition in [tag, "W/" + tag, "\"other\", " + tag, "*"] {
            let answer = get("/digits.txt", ["If-None-Match": condition])
            #expect(answer?.status == .notModified)
            #expect(answer?.headers["ETag"] == tag)
        }
        #expect(get("/digits.txt", ["If-None-Match": "\"other\""])?.status == .ok)
        #expect(get("/digits.txt", ["If-Modified-Since": date])?.status == .notModified)
        #expect(get("/digits.txt", ["If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"])?.status == .ok)
        #expect(get("/digits.txt", ["If-Modified-Since": "nonsense"])?.status == .ok)
        #expect(get("/digits.txt", ["If-None-Match": "\"other\"", "If-Modified-Since": date])?.status == .ok)
    }

    @Test("If-Match and If-Unmodified-Since lead to 412")
    func preconditionFailed() throws {
        let response = try #require(get("/digits.txt"))
        let tag = try #require(response.headers["ETag"])
        let date = try #require(response.headers["Last-Modified"])
        #expect(get("/digits.txt", ["If-Match": tag])?.status == .ok)
        #expect(get("/digits.txt", ["If-Match": "*"])?.status == .ok)
        #expect(get("/digits.txt", ["If-Match": "W/" + tag])?.status == .preconditionFailed)
        #expect(get("/digits.txt", ["If-Match": "\"other\""])?.status == .preconditionFailed)
        #expect(get("/digits.txt", ["If-Unmodified-Since": date])?.status == .ok)
        let old = "Sunday, 06-Nov-94 08:49:37 GMT"
        #expect(get("/digits.txt", ["If-Unmodified-Since": old])?.status == .preconditionFailed)
        #expect(get("/digits.txt", ["If-Match": tag, "If-Unmodified-Since": old])?.status == .ok)
    }

    @Test("the tag changes with the file")
    func tagChanges() throws {
        let before = get("/digits.txt")?.headers["ETag"]
        #expect(get("/digits.txt")?.headers["ETag"] == before)
        try directory.write("9876543210", to: "root/digits.txt")
        #expect(get("/digits.txt")?.headers["ETag"] != before)
    }

    @Test(
        "single ranges",
        arguments: [
            ("bytes=0-3", "0123", "bytes 0-3/10"), ("bytes=8-", "89", "bytes 8-9/10"),
            ("bytes=-3", "789", "bytes 7-9/10"), ("bytes=5-99", "56789", "bytes 5-9/10"),
            ("bytes=-99", "0123456789", "bytes 0-9/10"), ("Bytes= 2-2 ", "2", "bytes 2-2/10"),
            ("bytes=9-9,20-30", "9", "bytes 9-9/10"), ("bytes=0-99999999999999999999", "0123456789", "bytes 0-9/10"),
        ])
    func ranges(range: String, expected: String, contentRange: String) throws {
        let response = get("/digits.txt", ["Range": range])
        #expect(response?.status == .partialContent)
        #expect(response?.headers["Content-Range"] == contentRange)
        #expect(try text(response) == expected)
    }

    @Test("several ranges are multipart/byteranges, each part with its type and place")
    func multipart() throws {
        let response = try #require(get("/digits.txt", ["Range": "bytes=0-1, 4-5, -1"]))
        #expect(response.status == .partialContent)
        let type = try #require(response.headers["Content-Type"])
        #expect(type.hasPrefix("multipart/byteranges; boundary="))
        let boundary = type.dropFirst("multipart/byteranges; boundary=".count)
        let parts = try text(response).components(separatedBy: "\r\n--\(boundary)")
        #expect(parts.count == 5 && parts[0].isEmpty && parts[4] == "--\r\n")
        #expect(parts[1] == "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 0-1/10\r\n\r\n01")
        #expect(parts[3].hasSuffix("Content-Range: bytes 9-9/10\r\n\r\n9"))
    }

    @Test("ranges outside the file are 416; malformed ones, too many, other units and HEAD ignore the field")
    func rangesRefused() throws {
        let response = get("/digits.txt", ["Range": "bytes=10-"])
        #expect(response?.status == .rangeNotSatisfiable)
        #expect(response?.headers["Content-Range"] == "bytes */10")
        #expect(get("/digits.txt", ["Range": "bytes=-0"])?.status == .rangeNotSatisfiable)
        #expect(get("/empty.txt", ["Range": "bytes=0-"])?.status == .rangeNotSatisfiable)
        let many = "bytes=" + (0..<50).map { "\($0)-\($0)" }.joined(separator: ",")
        let overlapping = "bytes=0-,0-,0-"
        for range in ["bytes=", "bytes=a-b", "bytes=3-1", "bytes=-", "bytes=1", "lines=0-1", "0-1", many, overlapping] {
            #expect(get("/digits.txt", ["Range": range])?.status == .ok, "\(range)")
        }
        #expect(get("/digits.txt", ["Range": "bytes=0-1"], method: .head)?.status == .ok)
    }

    @Test("If-Range: the range is served only of the representation that the client has")
    func ifRange() throws {
        let response = try #require(get("/digits.txt"))
        let tag = try #require(response.headers["ETag"])
        let date = try #require(response.headers["Last-Modified"])
        for (condition, status) in [
            (tag, 206), (date, 206), ("W/" + tag, 200), ("\"other\"", 200), ("Sun, 06 Nov 1994 08:49:37 GMT", 200),
        ] {
            #expect(get("/digits.txt", ["Range": "bytes=0-1", "If-Range": condition])?.status.code == status)
        }
    }

    @Test(
        "files of all sizes arrive whole over a connection, with HEAD and ranges", arguments: [0, 1, 32768, 3_000_000])
    func overConnection(size: Int) throws {
        var generator = SeededGenerator(seed: UInt64(size))
        let data = Data((0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) })
        try directory.write(data, to: "root/data.bin")
        let server = try TestServer { [files] in
            $0.inlineHandler = { files.respond(to: $0) }
        } handler: { _, _, writer in
            try writer.respond(Response(status: .notFound))
        }
        let client = Client()
        for _ in 0..<2 {
            let response = try client.send(ClientRequest(.get, server.url("/data.bin")))
            #expect(response.contentLength == Int64(size))
            #expect(try Data(response.readAll(limit: size)) == data)
        }
        let head = try client.send(ClientRequest(.head, server.url("/data.bin")))
        #expect(head.headers["Content-Length"] == "\(size)")
        #expect(try head.readAll(limit: 0) == [])
        #expect(try client.send(ClientRequest(.get, server.url("/absent"))).status == .notFound)
        guard size > 100 else { return }
        let part = try client.send(
            ClientRequest(.get, server.url("/data.bin"), headers: ["Range": "bytes=50-\(size - 51), -7"]))
        #expect(part.status == .partialContent)
        let body = try Data(part.readAll(limit: size + 1000))
        #expect(body.range(of: data[50..<(size - 50)]) != nil)
    }

    @Test("a file that shrinks while it is sent cuts the connection")
    func shrinkingFile() throws {
        try directory.write(Data(count: 20 << 20), to: "root/large.bin")
        let server = try TestServer { [files] in
            $0.inlineHandler = { files.respond(to: $0) }
        } handler: { _, _, _ in
        }
        let connection = try server.connect(receiveBuffer: 4096)
        try connection.send("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try connection.read(through: "\r\n\r\n")
        #expect(truncate(directory.path + "/root/large.bin", 100) == 0)
        #expect(throws: RawConnection.Ended.self) { try connection.read(20 << 20) }
        #expect(eventually { server.records.withLock { $0.first?.failure?.contains("shorter") == true } })
    }
}
