import Bindle
import Foundation
import HTTP
import JSON
import SandboxProtocol
import Synchronization
import TestSupport
import Testing
import WebGuard

@testable import ControlPage

@Suite("The control page's API about requests")
struct RequestSectionTests {
    let directory: TemporaryDirectory
    let recordings: RecordingReader
    let writer: RecordingWriter
    let replayer = Replayer()
    let page: DescribedPage

    /// Answers as it is told, and remembers what it was to send.
    final class Replayer: RequestReplayer {
        let sent = Mutex<ReplayedRequest?>(nil)
        let answer = Mutex(Answer(status: 200, fields: [], body: [], total: 0))

        func replay(
            _ request: ReplayedRequest, against content: ContentReference?
        ) throws(ControlFailure) -> ReplayedAnswer {
            sent.withLock { $0 = request }
            return ReplayedAnswer(
                answer: answer.withLock { $0 }, recording: nil, content: content ?? .revision(1))
        }
    }

    init() throws {
        directory = try TemporaryDirectory()
        recordings = try RecordingReader()
        writer = RecordingWriter(recordings.memory)
        let list = RequestList(recordings: recordings)
        let store = try BindleStore(path: directory.path + "/bindles.sqlite", isTemporary: true)
        page = try DescribedPage(
            store, requests: list,
            [
                RequestSection(
                    list: list, appURL: "http://127.0.0.1:3000/", version: "1",
                    storedFiles: { _, size in size == 10 ? .bytes(Array("0123456789".utf8)) : nil }, replayer: replayer)
            ])
    }

    private static let secret = "s3cr3t-value"

    /// Notes a request that was answered, with its recording.
    @discardableResult
    private func note(
        _ method: String = "GET", _ target: String = "/a", fields: KeyValuePairs<String, String> = [:],
        body: [UInt8] = [], bodyTotal: Int? = nil,
        response: String = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n",
        answer: [UInt8] = Array("hello\n".utf8), answerTotal: Int? = nil, isStored: Bool = false,
        handler: RecordingWriter.Handler? = RecordingWriter.Handler()
    ) -> Int {
        let lines = fields.reduce(into: Array("Host: 127.0.0.1:3000\r\n".utf8)) {
            $0 += "\($1.key): \($1.value)\r\n".utf8
        }
        let contents = RecordingWriter.Contents(
            number: 1, revision: 1, bodyIsStored: isStored, method: method, target: target,
            fieldByteCount: lines.count, responseHead: Array(response.utf8),
            requestBody: .init(body[...], total: bodyTotal ?? body.count),
            responseBody: .init(answer[...], total: answerTotal ?? answer.count), handler: handler)
        let position = writer.write(contents) { $0.copyBytes(from: lines) }
        page.page.note(
            [
                (
                    ServedRequest(
                        method: method, target: target, status: 200, byteCount: 6, milliseconds: 1, revision: 1,
                        number: 1,
                        recording: position), 7
                )
            ], [])
        return (try? get("/requests")["latest"]?.integer) ?? 0
    }

    private func respond(
        _ method: HTTP.Method, _ target: String, _ body: String = "{}", described path: String
    ) throws -> Response {
        try page.respond(method, target, body, described: path)
    }

    private func bytes(_ target: String, described path: String) throws -> [UInt8] {
        guard case .bytes(let bytes) = try respond(.get, target, described: path).body else { return [] }
        return bytes
    }

    private func get(_ target: String) throws -> JSONObject {
        let path = target.split(separator: "?")[0].split(separator: "/").map {
            Int($0) == nil ? String($0) : "{number}"
        }
        return try JSONValue(parsing: bytes(target, described: "/" + path.joined(separator: "/"))).object ?? [:]
    }

    private func replay(_ number: Int, _ body: String) throws -> (status: Int, body: JSONObject) {
        let response = try respond(.post, "/requests/\(number)/replay", body, described: "/requests/{number}/replay")
        guard case .bytes(let bytes) = response.body else { return (response.status.code, [:]) }
        return (response.status.code, try JSONValue(parsing: bytes).object ?? [:])
    }

    // MARK: Lists and details

    @Test("lists what has answered a request, and whether more is kept of it") func list() throws {
        let handler = RecordingWriter.Handler(route: "/a/...", module: "a.wasm", function: "_start")
        note(handler: handler)
        note(response: "HTTP/1.1 200 OK\r\nETag: \"x\"\r\n\r\n", answer: [], isStored: true, handler: nil)
        note(fields: ["X-Hippo-Replay": "1"])
        page.page.note(
            [(ServedRequest(method: "GET", target: "/", status: 200, byteCount: 1, milliseconds: 1, revision: 1), 7)],
            [])
        let all = try get("/requests")["requests"]?.array?.compactMap(\.object) ?? []
        #expect(all.map { $0["recorded"]?.boolean } == [true, true, true, false])
        #expect(all.map { $0["handler"]?.string } == ["a.wasm", nil, "", nil])
        #expect(all[0]["route"]?.string == "/a/..." && all[1]["file"]?.boolean == true)
        #expect(all.map { $0["replayOf"]?.integer } == [nil, nil, 1, nil])
        #expect(try get("/requests/1")["replays"] == .array([.integer(3)]))
        for target in ["/requests/4", "/requests/99", "/requests/x", "/requests/01", "/requests/-1", "/requests/0"] {
            let response = try respond(.get, target, described: "/requests/{number}")
            #expect(response.status == .notFound, "\(target)")
        }
    }

    @Test("tells all of a request; what lets others in is masked, in every copy, unless it is asked for")
    func masking() throws {
        let handler = RecordingWriter.Handler(
            environment: Array(
                """
                HTTP_COOKIE=\(Self.secret)\0API_KEY=\(Self.secret)\0my_Token=\(Self.secret)\0\
                HTTP_X_AUTH_TOKEN=\(Self.secret)\0PLAIN=plain\0
                """.utf8),
            errorOutput: .init(Array("oh\n".utf8)[...], total: 3),
            failure: RecordedFailure(
                problem: "it trapped", calls: [.init(function: "f", place: "p", link: nil)],
                source: .init(file: "a.c", line: 2, column: 1, excerpt: [.init(number: 2, text: "x")], link: "l")))
        let number = note(
            "POST", "/a?b=1",
            fields: [
                "authorization": "Bearer \(Self.secret)", "Cookie": "id=\(Self.secret)",
                "Proxy-Authorization": Self.secret,
                "X-Api-Key": Self.secret, "Accept": "plain",
            ], body: Array("b\u{E4}".utf8),
            response: "HTTP/1.1 201 Created\r\nSet-Cookie: id=\(Self.secret); Path=/\r\n\r\n", handler: handler)
        for target in ["/requests/\(number)", "/requests/\(number)/curl", "/har"] {
            let path = target.replacing("\(number)", with: "{number}")
            for isShown in [false, true] {
                let response = try respond(.get, target + (isShown ? "?unmasked=true" : ""), described: path)
                let text = String(decoding: try DescribedPage.bytes(of: response.body), as: UTF8.self)
                #expect(text.contains(Self.secret) == isShown, "\(target)")
                #expect(text.contains("plain"))
            }
        }
        let detail = try get("/requests/\(number)")
        let run = try #require(detail["run"]?.object)
        #expect(run["failure"]?.object?["source"]?.object?["line"] == .integer(2))
        #expect(run["errorOutput"]?.object?["text"] == .string("oh\n"))
        #expect(detail["request"]?.object?["body"]?.object?["text"] == .string("b\u{E4}"))
        #expect(detail["response"]?.object?["statusLine"] == .string("HTTP/1.1 201 Created"))
        #expect(
            try respond(.get, "/requests/\(number)?unmasked=1", described: "/requests/{number}").status == .badRequest)
    }

    @Test("A body is a download of its very bytes, which no browser shows") func bodies() throws {
        let bytes = Array("<script>\0\u{FF}</script>".utf8)
        let number = note(body: bytes, answer: bytes)
        for side in ["request", "response"] {
            let response = try respond(
                .get, "/requests/\(number)/body?of=\(side)", described: "/requests/{number}/body")
            #expect(try DescribedPage.bytes(of: response.body) == bytes)
            #expect(response.headers["Content-Type"] == "application/octet-stream")
            #expect(response.headers["Content-Disposition"]?.hasPrefix("attachment") == true)
            #expect(response.headers["X-Content-Type-Options"] == "nosniff")
            #expect(response.headers["Content-Security-Policy"]?.contains("sandbox") == true)
        }
        for query in ["", "?of=both", "?of=request&x=1"] {
            #expect(
                try respond(.get, "/requests/\(number)/body\(query)", described: "/requests/{number}/body").status
                    == .badRequest)
        }
        // A stored file comes from the store, as a whole or the part that was sent.
        let tag = "ETag: \"\(String(repeating: "ab", count: 32))\"\r\n"
        let whole = note(response: "HTTP/1.1 200 OK\r\n\(tag)\r\n", answer: [], answerTotal: 10, isStored: true)
        let part = note(
            response: "HTTP/1.1 206 Partial Content\r\n\(tag)Content-Range: bytes 2-4/10\r\n\r\n", answer: [],
            answerTotal: 3, isStored: true)
        let gone = note(response: "HTTP/1.1 200 OK\r\n\(tag)\r\n", answer: [], answerTotal: 11, isStored: true)
        let path = "/requests/{number}/body"
        #expect(try self.bytes("/requests/\(whole)/body?of=response", described: path) == Array("0123456789".utf8))
        #expect(try self.bytes("/requests/\(part)/body?of=response", described: path) == Array("234".utf8))
        #expect(try respond(.get, "/requests/\(gone)/body?of=response", described: path).status == .notFound)
    }

    // MARK: curl and HAR

    /// What a shell passes to curl for a command, as words, and what comes on its standard input.
    private static func run(_ command: [UInt8]) throws -> (words: [[UInt8]], input: [UInt8]) {
        let directory = try TemporaryDirectory()
        try Data(
            """
            curl() {
                for word; do printf '%s\\0' "$word"; done > '\(directory.path)/words'
                case " $* " in *' @- '*) cat > '\(directory.path)/input' ;; esac
            }

            """.utf8 + command
        ).write(to: URL(fileURLWithPath: directory.path + "/script"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [directory.path + "/script"]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let words = try Data(contentsOf: URL(fileURLWithPath: directory.path + "/words"))
        let input = (try? Data(contentsOf: URL(fileURLWithPath: directory.path + "/input"))) ?? Data()
        return (words.split(separator: 0, omittingEmptySubsequences: false).dropLast().map { Array($0) }, Array(input))
    }

    @Test("The command for curl means the same request to a shell, whatever bytes are in it") func curl() throws {
        var generator = SeededGenerator()
        for round in 0..<40 {
            var value = generator.bytes(12).map { $0 == 0 || $0 == 10 || $0 == 13 ? 0x27 : $0 }
            value.removeAll { $0 < 0x20 || $0 == 0x7F }
            let body: [UInt8] =
                switch round % 4 {
                case 0: []
                case 1: Array("@file 'quoted' $(touch x) `y` \\ \"\n\u{E4}".utf8)
                case 2: generator.bytes(100)
                default: Array("-d\n".utf8)
                }
            let lines =
                Array("Host: a.localhost:1\r\nX-Odd: ".utf8) + Array("x".utf8) + value + Array("\r\nX-Empty: \r\n".utf8)
            let contents = RecordingWriter.Contents(
                number: 1, revision: 1, method: round % 4 == 0 ? "GET" : "P'ST", target: "/[a]{b}/../?x='y'&$HOME",
                fieldByteCount: lines.count, responseHead: [], requestBody: .init(body[...], total: body.count))
            let position = writer.write(contents) { $0.copyBytes(from: lines) }
            let recording = try #require(recordings.recording(at: position))
            let command = CurlCommand(
                recording: recording, body: body, masking: Masking(isOn: false), appURL: "http://127.0.0.1:3000/"
            ).bytes
            let (words, input) = try Self.run(command)
            #expect(words.last == Array("http://a.localhost:1/[a]{b}/../?x='y'&$HOME".utf8))
            #expect(words.contains(Array("X-Odd: x".utf8) + value), "seed \(generator.seed)")
            #expect(words.contains(Array("X-Empty;".utf8)) && words.contains(Array("User-Agent:".utf8)))
            #expect(words.contains(Array("P'ST".utf8)) == !body.isEmpty)
            if let place = words.firstIndex(of: Array("--data-raw".utf8)) {
                #expect(words[place + 1] == body)
            } else {
                #expect(input == body)
            }
        }
    }

    @Test("The archive has each kept request with all that HAR 1.2 demands") func archive() throws {
        note("POST", "/a?b=c%20d", fields: ["Cookie": "x=1; y=2", "Content-Type": "a/b"], body: [0, 255])
        note(response: "", answer: [])
        let response = try respond(.get, "/har", described: "/har")
        let archive = try JSONValue(parsing: DescribedPage.bytes(of: response.body)).object?["log"]?.object
        let log = try #require(archive)
        #expect(log["version"] == .string("1.2") && log["creator"]?.object?["name"] != nil)
        let entries = log["entries"]?.array?.compactMap(\.object) ?? []
        #expect(entries.count == 2)
        for entry in entries {
            for name in ["startedDateTime", "time", "request", "response", "cache", "timings"] {
                #expect(entry[name] != nil, "\(name)")
            }
            let (request, response) = (entry["request"]?.object ?? [:], entry["response"]?.object ?? [:])
            for name in [
                "method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize",
            ] {
                #expect(request[name] != nil, "\(name)")
            }
            for name in [
                "status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize",
                "bodySize",
            ] { #expect(response[name] != nil, "\(name)") }
            for name in ["send", "wait", "receive"] { #expect(entry["timings"]?.object?[name]?.number != nil) }
        }
        let request = try #require(entries[0]["request"]?.object)
        #expect(request["url"] == .string("http://127.0.0.1:3000/a?b=c%20d"))
        #expect(request["queryString"]?.array?.first?.object?["value"] == .string("c d"))
        #expect(request["cookies"]?.array?.map { $0.object?["name"]?.string } == ["x", "y"])
        #expect(request["postData"]?.object?["text"] == .string("AP8="))
    }

    // MARK: Sending again

    @Test("A request is sent again as it was, or edited; the masked value is the recorded one") func edits() throws {
        let number = note(
            "PUT", "/a", fields: ["Cookie": Self.secret, "X-Hippo-Replay": "7"], body: Array("body".utf8))
        #expect(try replay(number, "{}").status == 200)
        var sent = try #require(replayer.sent.withLock { $0 })
        #expect(sent.method == "PUT" && sent.target == "/a" && sent.body == Array("body".utf8) && sent.number == number)
        #expect(sent.fields.map(\.nameText) == ["Host", "Cookie"])
        let edit = """
            {"against": "revision:3", "edit": {"method": "POST", "target": "/b?c", "bodyBase64": "AP8=", "headers": [
            {"name": "cookie", "value": "(masked)"}, {"name": "X-New", "value": "1"}]}}
            """
        let outcome = try replay(number, edit)
        #expect(outcome.body["against"] == .string("revision:3") && outcome.body["of"] == .integer(number))
        sent = try #require(replayer.sent.withLock { $0 })
        #expect(sent.method == "POST" && sent.target == "/b?c" && sent.body == [0, 255])
        #expect(sent.fields.map(\.valueText) == [Self.secret, "1"])
        for body in [
            #"{"against": "x"}"#, #"{"edit": 1}"#, #"{"edit": {"x": 1}}"#, #"{"edit": {"method": "a b"}}"#,
            #"{"edit": {"target": "a"}}"#, #"{"edit": {"target": "/a b"}}"#, #"{"edit": {"body": 1}}"#,
            #"{"edit": {"bodyBase64": "x"}}"#, #"{"edit": {"body": "", "bodyBase64": ""}}"#,
            ##"{"edit": {"headers": {}}}"##, #"{"edit": {"headers": [{"name": "a b", "value": ""}]}}"#,
            #"{"edit": {"headers": [{"name": "a", "value": "\r\n"}]}}"#, #"{"x": 1}"#,
        ] { #expect(try replay(number, body).status == 400, "\(body)") }
        // What is not kept as a whole cannot be sent as it was.
        let long = note("POST", body: [1, 2], bodyTotal: 100)
        #expect(try replay(long, "{}").status == 409)
        #expect(try replay(long, #"{"edit": {"body": "x"}}"#).status == 200)
        #expect(
            try respond(.get, "/requests/\(number)/replay", described: "/requests/{number}/replay").status.code == 405)
    }

    private static func answer(
        _ body: String, _ type: String = "text/plain", status: Int = 200, fields: KeyValuePairs<String, String> = [:],
        total: Int? = nil
    ) -> Answer {
        Answer(
            status: status, fields: [.init("Content-Type", type)] + fields.map { .init($0.key, $0.value) },
            body: Array(body.utf8), total: total ?? body.utf8.count)
    }

    @Test("Two answers are compared by status, fields and body, as what the body is") func comparison() throws {
        let before = Self.answer("a\nb\n", fields: ["Date": "1", "X-A": "1", "X-B": "2"])
        let same = AnswerComparison(
            before: before, after: Self.answer("a\nb\n", fields: ["x-a": "1", "X-B": "2", "Date": "2"]))
        #expect(same.isSame)
        let text = AnswerComparison(before: before, after: Self.answer("a\nc\n", status: 500, fields: ["X-A": "1"]))
        #expect(!text.isSame && text.fields.map(\.name) == ["X-B"])
        guard case .text(let difference) = text.body else { throw Failure() }
        #expect(difference.hunks[0].lines.map(\.text) == ["a", "b", "c"])
        let json = AnswerComparison(
            before: Self.answer(#"{"a": [1, 2], "b/c": {"d": null}, "e": 1}"#, "application/json"),
            after: Self.answer(#"{"e":1,"a":[1,3,4],"b/c":{}}"#, "application/json; charset=utf-8"))
        guard case .json(let changes, false) = json.body else { throw Failure() }
        #expect(changes.map(\.path) == ["/a/1", "/a/2", "/b~1c/d"])
        #expect(
            changes.map(\.before) == [.integer(2), nil, .null]
                && changes.map(\.after) == [.integer(3), .integer(4), nil])
        let bytes = AnswerComparison(
            before: Answer(status: 200, fields: [], body: [1, 2, 0], total: 3),
            after: Answer(status: 200, fields: [], body: [1, 9, 0], total: 3))
        #expect(bytes.body == .bytes(firstDifference: 1))
        // Of what is not kept as a whole, the beginnings.
        let partial = AnswerComparison(before: Self.answer("abc", total: 10), after: Self.answer("abcdefghij"))
        #expect(partial.body == .same && partial.isPartial && partial.isSame)
    }

    private struct Failure: Error {}

    @Test("What the sandbox puts into pages is not told as a difference") func insertion() throws {
        func page(_ revision: String, _ request: Int) -> Answer {
            Self.answer(
                "<html><script src=\"/.hippo/reload.js\" data-revision=\"\(revision)\" data-request=\"\(request)\" async></script><p>",
                "text/html", fields: ["ETag": "W/\"hippo-\(revision)/s/tag\"", "Content-Length": "\(request)"])
        }
        #expect(
            AnswerComparison(before: page("a-1", 1).withoutInsertion, after: page("b-20", 300).withoutInsertion).isSame)
        #expect(page("a", 1).withoutInsertion.body == Array("<html><p>".utf8))
        #expect(page("a", 1).withoutInsertion.fields.last == .init("ETag", "\"tag\""))
    }
}
