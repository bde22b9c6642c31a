import Content
import Cryptography
import Foundation
import TestSupport
import Testing

@testable import HTTP

/// A file that is served, and that somebody writes to in place.
@Suite("Static files that are written to")
struct ChangedFileTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/file.bin"
    }

    /// Writes the file, and serves it.
    private func files(_ bytes: Data, _ owner: OpenContent.Owner) throws -> StaticFiles {
        try directory.write(bytes, to: "file.bin")
        let file = ContentFile(
            digest: SHA256.hash(bytes), size: bytes.count, mediaType: "text/plain", modificationTime: 0)
        let wwwroot = try Wwwroot([(path: try RelativePath("file.bin"), file: file)])
        return StaticFiles(wwwroot, content: FileContent(path: path, owner: owner))
    }

    private static func server(_ files: StaticFiles) throws -> TestServer {
        try TestServer {
            $0.inlineHandler = { InlineAnswer(files.respond(to: $0)) }
        } handler: { _, _, _ in
        }
    }

    private static let request = "GET /file.bin HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test(
        "Between two requests: the content is not there any more, until it is again", arguments: Rewriting.allCases,
        [OpenContent.Owner.program, .people])
    func betweenRequests(_ rewriting: Rewriting, _ owner: OpenContent.Owner) throws {
        let bytes = Data(repeating: 5, count: 100_000)
        let files = try files(bytes, owner)
        let server = try Self.server(files)
        for _ in 0..<2 { #expect(try server.exchange(Self.request).body.elementsEqual(bytes)) }
        try rewriting.happen(to: path)
        for headers: Headers in [[:], ["Range": "bytes=0-9"], ["Range": "bytes=50000-"]] {
            let answer = files.respond(to: Request(method: .get, target: "/file.bin", headers: headers))
            #expect(answer?.status == .internalServerError)
            #expect(answer?.headers["ETag"] == nil)
        }
        #expect(try server.exchange(Self.request).status == 500)
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(try server.exchange(Self.request).body.elementsEqual(bytes))
    }

    @Test("A file in whose place another is put, that loses its name or gets other permissions is the same still")
    func sameContent() throws {
        let bytes = Data(repeating: 5, count: 100_000)
        let server = try Self.server(try files(bytes, .program))
        func expectContent() throws {
            let answer = try server.exchange(Self.request)
            #expect(answer.status == 200 && answer.body.elementsEqual(bytes))
        }
        try expectContent()
        #expect(chmod(path, 0o600) == 0)
        try expectContent()
        try Data(repeating: 6, count: 100_000).write(to: URL(fileURLWithPath: path), options: .atomic)
        try expectContent()
        #expect(unlink(path) == 0)
        try expectContent()
    }

    @Test(
        "While a slow client takes it: the connection is cut before the content seems whole",
        arguments: Rewriting.allCases, [OpenContent.Owner.program, .people])
    func duringRequest(_ rewriting: Rewriting, _ owner: OpenContent.Owner) throws {
        let size = 20 << 20
        let server = try Self.server(try files(Data(count: size), owner))
        let connection = try server.connect(receiveBuffer: 4096)
        try connection.send(Self.request)
        #expect(try connection.read(through: "\r\n\r\n").contains("Content-Length: \(size)\r\n"))
        try rewriting.happen(to: path)
        #expect(throws: RawConnection.Ended.self) { try connection.read(size) }
        let expected = rewriting == .shorter ? "the file became shorter while" : "the file was written to while"
        #expect(eventually { server.records.withLock { $0.first?.failure?.hasPrefix(expected) == true } })
        #expect(try server.exchange(Self.request).status == 500)
    }

    @Test("What loses its name while a slow client takes it arrives whole")
    func removedDuringRequest() throws {
        let size = 20 << 20
        let server = try Self.server(try files(Data(count: size), .program))
        let connection = try server.connect(receiveBuffer: 4096)
        try connection.send(Self.request)
        _ = try connection.read(through: "\r\n\r\n")
        #expect(unlink(path) == 0)
        #expect(try connection.read(size).elementsEqual(Data(count: size)))
    }

    @Test("What has left of a file of people's is what was in it then, whatever is written to it before it arrives")
    func copiedForPeople() throws {
        let bytes = Data(repeating: 5, count: 300_000)
        let server = try Self.server(try files(bytes, .people))
        let connection = try server.connect()
        try connection.send(Self.request)
        _ = try connection.read(through: "\r\n\r\n")
        _ = eventually(within: .seconds(1)) { server.records.withLock { !$0.isEmpty } }
        try Rewriting.sameLength.happen(to: path)
        // It may be too long for the buffers of this system; the client sees then that it is not whole.
        do { #expect(try connection.read(bytes.count).elementsEqual(bytes)) } catch is RawConnection.Ended {}
    }

    @Test("A range that is copied behind the response's head is not of a file that has just been written to")
    func writtenBeforeCopy() throws {
        let bytes = Data(repeating: 5, count: 100_000)
        let files = try files(bytes, .program)
        let path = path
        let server = try TestServer {
            $0.inlineHandler = { request in
                let answer = files.respond(to: request)
                try? Rewriting.sameLength.happen(to: path)
                return InlineAnswer(answer)
            }
        } handler: { _, _, _ in
        }
        let answer = try server.exchange("GET /file.bin HTTP/1.1\r\nHost: a\r\nRange: bytes=10-19\r\n\r\n")
        #expect(answer.status == 500)
    }
}
