import Content
import Cryptography
import Foundation
import TestSupport
import Testing

@testable import HTTP

@Suite("Static files")
struct StaticFilesTests {
    private static let time: Int64 = 1_700_000_000

    let files: StaticFiles

    init() throws {
        files = try Self.files([
            "index.html": "<p>root</p>", "digits.txt": "0123456789", "empty.txt": "", "docs/index.html": "<p>docs</p>",
            "bare/file": "x", "a b+c.txt": "space",
        ])
    }

    private static func files(_ contents: [String: String]) throws -> StaticFiles {
        try files(
            contents.map { ($0.key, Array($0.value.utf8)) },
            content: MemoryContent(contents.values.map { Array($0.utf8) }))
    }

    private static func files(_ contents: [(name: String, bytes: [UInt8])], content: any ContentSource) throws
        -> StaticFiles
    {
        let wwwroot = try Wwwroot(
            contents.map { name, bytes in
                (
                    path: try RelativePath(name),
                    file: ContentFile(
                        digest: SHA256.hash(bytes), size: bytes.count, mediaType: "text/plain",
                        modificationTime: time * 1_000_000_000 + 5)
                )
            })
        return StaticFiles(wwwroot, content: content)
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
        #expect(response.headers["ETag"] == "\"\(SHA256.hash("0123456789".utf8).hex)\"")
        #expect(response.headers["Last-Modified"].flatMap(HTTPDate.parse) == Self.time)
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

    @Test(
        "whatever is the name of a file is served by its bytes",
        arguments: [
            ("a\\b", "/a%5Cb"), ("a\\b", "/a\\b"), ("line\nbreak", "/line%0Abreak"), ("\u{1}\u{7F}", "/%01%7F"),
            ("\u{E9}", "/%C3%A9"), ("e\u{301}", "/e%CC%81"), ("100%", "/100%25"), ("a%2Fb", "/a%252Fb"),
            ("...", "/..."),
            ("?#", "/%3F%23"),
            (String(repeating: "d/", count: 200) + "deep", "/" + String(repeating: "d/", count: 200) + "deep"),
        ])
    func names(name: String, target: String) throws {
        let files = try Self.files([name: "found", "other": "other"])
        #expect(try text(files.respond(to: Request(method: .get, target: target))) == "found")
    }

    @Test("the two Unicode spellings of a name are two files")
    func spellings() throws {
        let wwwroot = try Self.files(
            [("\u{E9}", Array("1".utf8)), ("e\u{301}", Array("2".utf8))],
            content: MemoryContent([Array("1".utf8), Array("2".utf8)]))
        #expect(try text(wwwroot.respond(to: Request(method: .get, target: "/%C3%A9"))) == "1")
        #expect(try text(wwwroot.respond(to: Request(method: .get, target: "/e%CC%81"))) == "2")
    }

    @Test("a redirect to a directory cannot lead to another host")
    func redirectOfStrangeNames() throws {
        let files = try Self.files(["\\evil.example/index.html": "x"])
        let redirect = files.respond(to: Request(method: .get, target: "/%5Cevil.example"))
        #expect(redirect?.headers["Location"] == "/%5Cevil.example/")
        #expect(
            files.respond(to: Request(method: .get, target: "/\\evil.example"))?.headers["Location"]
                == "/%5Cevil.example/")
    }

    @Test("a content that is nowhere any more is 500, with the file's name")
    func goneContent() throws {
        let files = try Self.files([("docs/a.txt", Array("gone".utf8))], content: MemoryContent([]))
        let response = files.respond(to: Request(method: .get, target: "/docs/a.txt"))
        #expect(response?.status == .internalServerError)
        #expect(try text(response).contains("docs/a.txt"))
    }

    @Test("more contents than the cache has room for are served all the same, again and again")
    func manyContents() throws {
        let contents = (0..<300).map { (name: "\($0)", bytes: Array(repeating: UInt8($0 % 256), count: 60_000)) }
        let files = try Self.files(contents, content: MemoryContent(contents.map(\.bytes)))
        for _ in 0..<2 {
            for (name, bytes) in contents {
                guard case .bytes(bytes)? = files.respond(to: Request(method: .get, target: "/\(name)"))?.body else {
                    Issue.record("\(name)")
                    continue
                }
            }
        }
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

    @Test("the tag is the content's digest: the same for the same content, whatever its name and time")
    func tagIsDigest() throws {
        let files = try Self.files(["a": "same", "b": "same", "c": "other"])
        func tag(_ path: String) -> String? { files.respond(to: Request(method: .get, target: path))?.headers["ETag"] }
        #expect(tag("/a") == tag("/b") && tag("/a") != tag("/c"))
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
        let directory = try TemporaryDirectory()
        try directory.write(data, to: "data.bin")
        let files = try Self.files(
            [("data.bin", Array(data))], content: FileContent(path: directory.path + "/data.bin"))
        let server = try TestServer {
            $0.inlineHandler = { InlineAnswer(files.respond(to: $0)) }
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

    @Test("no more than 256 files are held open for those that ask again")
    func heldDescriptors() throws {
        let directory = try TemporaryDirectory()
        let bytes = [UInt8](repeating: 7, count: 70_000)
        try directory.write(Data(bytes), to: "content")
        let path = directory.path + "/content"
        let count = RepresentationCache.maximumDescriptors + 100
        let files = try Self.files(
            (0..<count).map { ("\($0).bin", bytes) }, content: FileContent(path: path))
        func openCount() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { name in
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")) == path
            }
        }
        for number in 0..<count {
            let request = Request(method: .get, target: "/\(number).bin")
            #expect(files.respond(to: request)?.status == .ok)
            #expect(try openCount() <= RepresentationCache.maximumDescriptors)
        }
        #expect(try openCount() > 0)
    }

    @Test("a file that shrinks while it is sent cuts the connection")
    func shrinkingFile() throws {
        let directory = try TemporaryDirectory()
        try directory.write(Data(count: 20 << 20), to: "large.bin")
        let files = try Self.files(
            [("large.bin", Array(repeating: 0, count: 20 << 20))],
            content: FileContent(path: directory.path + "/large.bin"))
        let server = try TestServer {
            $0.inlineHandler = { InlineAnswer(files.respond(to: $0)) }
        } handler: { _, _, _ in
        }
        let connection = try server.connect(receiveBuffer: 4096)
        try connection.send("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try connection.read(through: "\r\n\r\n")
        #expect(truncate(directory.path + "/large.bin", 100) == 0)
        #expect(throws: RawConnection.Ended.self) { try connection.read(20 << 20) }
        #expect(eventually { server.records.withLock { $0.first?.failure?.contains("shorter") == true } })
    }
}
