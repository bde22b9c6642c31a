import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

@Suite("What leaves when, and who waits for whom")
struct ServerFlowTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    // MARK: Responses

    @Test("a short response leaves in one piece, with its length")
    func onePiece() throws {
        let server = try TestServer { _, _, writer in
            try writer.writeHead(.ok)
            for piece in ["one ", "two ", "three"] { try writer.write(piece) }
        }
        let response = try server.exchange(Self.get)
        #expect(response.headers["Content-Length"] == "13" && response.headers["Transfer-Encoding"] == nil)
        #expect(response.text == "one two three")
        #expect(try server.exchange("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").headers["Content-Length"] == "13")
    }

    @Test("what comes after a response is not waited for, neither by this request nor by the connection's next one")
    func afterwards() throws {
        let gate = Gate()
        let done = Gate()
        let server = try TestServer { request, _, writer in
            if request.path == "/" {
                writer.afterwards {
                    #expect(gate.wait())
                    done.open()
                }
            }
            try writer.writeHead(.ok)
            try writer.write("abc")
        }
        let connection = try server.connect()
        for path in ["/", "/next"] {
            try connection.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try connection.read(through: "abc").contains("Content-Length: 3\r\n"))
        }
        gate.open()
        #expect(done.wait())
    }

    @Test("what a handler has written leaves though it goes on without a write")
    func overdue() throws {
        let gate = Gate()
        let server = try TestServer { _, _, writer in
            try writer.writeHead(.ok)
            try writer.write("abc")
            #expect(gate.wait())
            try writer.write("def")
        }
        let connection = try server.connect()
        try connection.send(Self.get)
        #expect(try connection.read(through: "abc\r\n").hasSuffix("\r\n\r\n3\r\nabc\r\n"))
        gate.open()
        #expect(try connection.read(through: "0\r\n\r\n") == "3\r\ndef\r\n0\r\n\r\n")
    }

    @Test("what a handler has written leaves before it waits for something")
    func beforeWaits() throws {
        let gate = Gate()
        let server = try TestServer { _, _, writer in
            try writer.writeHead(.ok)
            try writer.write("abc")
            #expect(writer.whileWaiting { gate.wait() })
        }
        let connection = try server.connect()
        try connection.send(Self.get)
        _ = try connection.read(through: "abc\r\n")
        gate.open()
        #expect(try connection.read(through: "0\r\n\r\n") == "0\r\n\r\n")
    }

    @Test("as long as no byte has left, another response is possible")
    func discarding() throws {
        let server = try TestServer { request, _, writer in
            try writer.writeHead(.ok, ["Content-Length": "3"])
            try writer.write("abc")
            #expect(throws: ResponseError.bodyExceedsContentLength(3)) { try writer.write("d") }
            #expect(!writer.hasSent)
            writer.discard()
            try writer.respond(Response(status: .badGateway, text: "too much"))
        }
        let response = try server.exchange(Self.get)
        #expect(response.status == 502 && response.text == "too much")
        #expect(eventually { server.records.withLock { $0.map { $0.status?.code } } == [502] })
    }

    @Test("a body beyond its declared length cuts the connection once a part has left, and is logged so")
    func tooLongAfterLeaving() throws {
        let server = try TestServer { request, _, writer in
            try writer.writeHead(.ok, ["Content-Length": "3"])
            try writer.flush()
            try writer.write("abcd")
        }
        let connection = try server.connect()
        try connection.send(Self.get)
        #expect(try !connection.readToEnd().contains("abcd"))
        #expect(eventually { server.records.withLock { $0.first?.failure != nil } })
    }

    @Test("what is committed counts as sent, and leaves in one piece if nothing follows")
    func committing() throws {
        let server = try TestServer { _, _, writer in
            try writer.writeHead(.ok)
            try writer.write("abc")
            try writer.commit()
            #expect(writer.hasSent)
            writer.discard()
        }
        let response = try server.exchange(Self.get)
        #expect(response.headers["Content-Length"] == "3" && response.text == "abc")
    }

    @Test("what is committed leaves though the handler goes on, a head without a body too", arguments: ["", "abc"])
    func committedLeaves(body: String) throws {
        let gate = Gate()
        let server = try TestServer { _, _, writer in
            try writer.writeHead(.ok)
            try writer.write(body)
            try writer.commit()
            #expect(gate.wait())
        }
        let connection = try server.connect()
        try connection.send(Self.get)
        _ = try connection.read(through: body.isEmpty ? "\r\n\r\n" : "\r\n3\r\nabc\r\n")
        gate.open()
        #expect(try connection.read(through: "0\r\n\r\n") == "0\r\n\r\n")
    }

    @Test(
        "a handler that fails after it has committed its response has it cut, even if nothing has left",
        arguments: [nil, "4"])
    func failingAfterCommit(length: String?) throws {
        struct Failure: Error {}
        let server = try TestServer { _, _, writer in
            try writer.writeHead(.ok, length.map { ["Content-Length": $0] } ?? [:])
            try writer.write("abc")
            try writer.commit()
            // A body that is too short has failed by itself.
            if length == nil { throw Failure() }
        }
        let connection = try server.connect()
        try connection.send(Self.get)
        let text = try connection.readToEnd()
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n") && text.contains("abc") && !text.contains("0\r\n\r\n"))
        #expect(eventually { server.records.withLock { $0.first?.failure != nil } })
    }

    @Test(
        "a response that is ended leaves whole though the handler goes on, and cannot be added to",
        arguments: ["", "abc"], [false, true])
    func ending(body: String, isWaiting: Bool) throws {
        let gate = Gate()
        let server = try TestServer { _, _, writer in
            try writer.writeHead(.ok)
            try writer.write(body)
            try writer.end()
            writer.discard()
            #expect(isWaiting ? writer.whileWaiting { gate.wait() } : gate.wait())
            #expect(throws: ResponseError.exchangeIsOver) { try writer.write("more") }
        }
        let connection = try server.connect()
        try connection.send(Self.get)
        let response = try connection.response()
        #expect(response.headers["Content-Length"] == String(body.utf8.count) && response.text == body)
        // Another request would have to wait for the handler.
        #expect(response.headers["Connection"] == "close")
        #expect(try connection.isAtEnd())
        gate.open()
    }

    @Test("a handler that returns soon after the end of its response leaves the connection to the next request")
    func endingSoon() throws {
        let server = try TestServer {
            $0.holdTime = .seconds(600)
        } handler: { _, _, writer in
            try writer.writeHead(.ok)
            try writer.write("abc")
            try writer.end()
            writer.whileWaiting {}
        }
        let connection = try server.connect()
        for _ in 1...2 {
            try connection.send(Self.get)
            #expect(try connection.response().text == "abc")
        }
    }

    @Test(
        "what the client does not take at once of a response that is ended follows, though the handler goes on or is given up",
        arguments: [false, true])
    func endingSlowly(isWaiting: Bool) throws {
        let gate = Gate()
        let body = String(repeating: "0123456789", count: 300_000)
        let server = try TestServer { _, _, writer in
            try writer.writeHead(.ok, ["Content-Length": String(body.utf8.count)])
            try writer.write(body.utf8.dropLast(30_000))
            try writer.write(body.utf8.suffix(30_000))
            try writer.end()
            writer.cancelWaits { true }
            #expect(isWaiting ? writer.whileWaiting { gate.wait() } : gate.wait())
        }
        let connection = try server.connect(receiveBuffer: 4096)
        try connection.send(Self.get)
        #expect(try connection.response().text == body)
        gate.open()
        #expect(eventually { server.records.withLock { $0.map { $0.failure } } == [nil] })
    }

    @Test("a response without a length to a client of HTTP/1.0 ends with the connection, and not with its handler")
    func endingByConnection() throws {
        let gate = Gate()
        let server = try TestServer { _, _, writer in
            try writer.writeHead(.ok)
            try writer.write("abc")
            try writer.flush()
            try writer.end()
            #expect(gate.wait())
        }
        let connection = try server.connect()
        try connection.send("GET / HTTP/1.0\r\n\r\n")
        #expect(try connection.readToEnd().hasSuffix("\r\n\r\nabc"))
        gate.open()
    }

    @Test("a client that goes away with the whole response is no reason to give its handler up")
    func leavingAfterTheEnd() throws {
        let gate = Gate()
        let isGivenUp = Mutex(false)
        let server = try TestServer { _, _, writer in
            writer.onDisconnect { isGivenUp.withLock { $0 = true } }
            try writer.writeHead(.ok)
            try writer.write("abc")
            try writer.end()
            #expect(gate.wait())
        }
        let connection = try server.connect()
        try connection.send(Self.get)
        #expect(try connection.response().text == "abc")
        connection.reset()
        // The event loop has seen it when it has answered another one.
        #expect(try server.exchange("GET\r\n\r\n").status == 400)
        gate.open()
        #expect(eventually { server.records.withLock { $0.count } == 2 })
        #expect(!isGivenUp.withLock { $0 })
    }

    @Test("the end of a response that has begun to leave follows by itself, with its trailers")
    func endingLate() throws {
        let gate = Gate()
        let server = try TestServer { _, _, writer in
            try writer.writeHead(.ok)
            try writer.write("abc")
            try writer.flush()
            try writer.setTrailers(["A": "b"])
            try writer.end()
            #expect(gate.wait())
        }
        let connection = try server.connect()
        try connection.send(Self.get)
        #expect(try connection.read(through: "A: b\r\n\r\n").hasSuffix("\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n"))
        gate.open()
    }

    @Test(
        "a handler that fails after the end of its response has answered, and the log says so",
        arguments: [false, true])
    func failingAfterEnd(hasWaited: Bool) throws {
        struct Failure: Error {}
        let gate = Gate()
        let server = try TestServer { _, _, writer in
            try writer.writeHead(.ok)
            try writer.write("abc")
            try writer.end()
            if hasWaited { #expect(writer.whileWaiting { gate.wait() }) }
            throw Failure()
        }
        let response = try server.exchange(Self.get)
        #expect(response.headers["Content-Length"] == "3" && response.text == "abc")
        gate.open()
        #expect(eventually { server.problems.withLock { $0.count { $0.contains("after it had answered") } } == 1 })
    }

    @Test("a response cannot be ended before it has begun, nor before all is there that it declares, nor twice")
    func endingWrongly() throws {
        let server = try TestServer { request, _, writer in
            #expect(throws: ResponseError.headNotWritten) { try writer.end() }
            try writer.writeHead(.ok, ["Content-Length": "3"])
            #expect(throws: ResponseError.bodyShorterThanContentLength(3)) { try writer.end() }
            try writer.write("ab")
            if request.path == "/flushed" { try writer.flush() }
            #expect(throws: ResponseError.bodyShorterThanContentLength(3)) { try writer.end() }
            try writer.write("c")
            try writer.end()
            writer.whileWaiting {}
            #expect(throws: ResponseError.exchangeIsOver) { try writer.end() }
        }
        for path in ["/", "/flushed"] {
            #expect(
                try server.exchange(Self.get.replacingOccurrences(of: "GET / ", with: "GET \(path) ")).text == "abc")
        }
    }

    @Test(
        "304 tells no length but the one that the handler declares: it would be that of a 200", arguments: [nil, "7"])
    func lengthOfNotModified(length: String?) throws {
        let server = try TestServer { _, _, writer in
            try writer.writeHead(.notModified, length.map { ["Content-Length": $0] } ?? [:])
            try writer.write("abc")
        }
        let response = try server.exchange(Self.get)
        #expect(response.status == 304 && response.headers["Content-Length"] == length && response.text.isEmpty)
    }

    @Test("205 says that there is no body, and has none")
    func resetContent() throws {
        let server = try TestServer { request, _, writer in
            if request.path == "/whole" {
                return try writer.respond(Response(status: Status(205), text: "body"))
            }
            try writer.writeHead(Status(205))
            try writer.write("body")
            if request.path == "/flushed" { try writer.flush() }
        }
        let connection = try server.connect()
        for path in ["/whole", "/held", "/flushed"] {
            try connection.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try connection.response()
            #expect(response.status == 205 && response.headers["Content-Length"] == "0" && response.body == [])
        }
    }

    // MARK: Requests

    @Test("a client that sends all of a large body before it reads gets it back", arguments: [true, false])
    func sendsAllFirst(isStreamed: Bool) throws {
        let size = 12 << 20
        let server = try TestServer { _, body, writer in
            try writer.writeHead(.ok, isStreamed ? [:] : ["Content-Length": "\(size)"])
            while case let piece = try body.read(upTo: 100_000), !piece.isEmpty { try writer.write(piece) }
        }
        let connection = try server.connect()
        var pattern = [UInt8](repeating: 0x61, count: size)
        for place in stride(from: 0, to: size, by: 4093) { pattern[place] = UInt8(truncatingIfNeeded: place >> 3) }
        try connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
        try connection.send(pattern)
        #expect(try connection.response().body == pattern)
    }

    @Test("100 Continue never stands in the middle of a response")
    func noContinueInside() throws {
        let server = try TestServer { request, body, writer in
            try writer.writeHead(.ok)
            try writer.write("before ")
            if request.path == "/flushed" { try writer.flush() }
            try writer.write(try body.read(upTo: 100))
        }
        let request = "HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        let late = try server.connect()
        try late.send("POST /flushed " + request)
        #expect(try late.read(through: "before \r\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
        try late.send("abcde")
        #expect(try late.read(through: "0\r\n\r\n") == "5\r\nabcde\r\n0\r\n\r\n")
        let early = try server.connect()
        try early.send("POST /held " + request)
        #expect(try early.read(through: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        try early.send("abcde")
        #expect(try early.response().text == "before abcde")
    }

    @Test(
        "a request that its connection's end cuts short gets a 400",
        arguments: [
            "GET / HTTP/1.1\r\nHost", "GE", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\nabc",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        ])
    func cutShort(request: String) throws {
        let server = try TestServer(handler: echo)
        let connection = try server.connect()
        try connection.send(request)
        connection.endSending()
        #expect(try connection.response().status == 400)
        #expect(try connection.isAtEnd())
    }

    @Test("a body that does not come ends at the limit that the server has for it")
    func bodyTimeout() throws {
        let server = try TestServer {
            $0.bodyTimeout = .milliseconds(50)
        } handler: { request, body, writer in
            try echo(request, body, writer)
        }
        #expect(try server.exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc").status == 408)
    }

    @Test("a Host with a malformed escape is refused", arguments: ["a%zz", "a%", "a%2", "%"])
    func hostEscapes(host: String) throws {
        let server = try TestServer(handler: echo)
        #expect(try server.exchange("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n").status == 400)
        #expect(try server.exchange("GET / HTTP/1.1\r\nHost: a%2Db\r\n\r\n").status == 200)
    }

    // MARK: Workers

    @Test("handlers that wait do not keep others from running, and are not limited to the processors")
    func manyWait() throws {
        let gate = Gate()
        let waiting = Atomic<Int>(0)
        let server = try TestServer {
            $0.maximumWorkers = 2
        } handler: { request, _, writer in
            if request.path == "/wait" {
                waiting.add(1, ordering: .relaxed)
                #expect(writer.whileWaiting { gate.wait() })
            }
            try writer.respond(Response(text: request.path))
        }
        let connections = try (0..<40).map { _ in try server.connect() }
        for connection in connections { try connection.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n") }
        #expect(eventually { waiting.load(ordering: .relaxed) == 40 })
        #expect(try server.exchange(Self.get).text == "/")
        gate.open()
        for connection in connections { #expect(try connection.response().text == "/wait") }
    }

    @Test("handlers that compute for ever do not keep others from running")
    func manySpin() throws {
        let isOver = Atomic<Bool>(false)
        let spinning = Atomic<Int>(0)
        let server = try TestServer {
            $0.maximumWorkers = 2
        } handler: { request, _, writer in
            if request.path == "/spin" {
                spinning.add(1, ordering: .relaxed)
                while !isOver.load(ordering: .relaxed) {}
            }
            try writer.respond(Response(text: request.path))
        }
        let connections = try (0..<4).map { _ in try server.connect() }
        for connection in connections { try connection.send("GET /spin HTTP/1.1\r\nHost: a\r\n\r\n") }
        #expect(eventually { spinning.load(ordering: .relaxed) == 4 })
        for _ in 0..<5 { #expect(try server.exchange(Self.get).text == "/") }
        isOver.store(true, ordering: .relaxed)
        for connection in connections { #expect(try connection.response().text == "/spin") }
        // The threads of those have a low priority, and are gone; others answer.
        for _ in 0..<5 { #expect(try server.exchange(Self.get).text == "/") }
    }

    #if os(Linux)
        @Test("a handler that has computed for long has a low priority, and gives it to no other")
        func priorityIsNotInherited() throws {
            // Of this thread: for Linux, it is a process.
            let priority = { @Sendable () -> Int32 in getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }
            let usual = priority()
            let spinning = Atomic<Int>(0)
            let isOver = Atomic<Bool>(false)
            let lowered = Mutex<[Int32]>([])
            let server = try TestServer {
                $0.maximumWorkers = 1
            } handler: { request, _, writer in
                if request.path == "/spin" {
                    spinning.add(1, ordering: .relaxed)
                    while !isOver.load(ordering: .relaxed) {}
                    lowered.withLock { $0.append(priority()) }
                    // Whoever waits in the queue gets a thread now, from this one if from any.
                    writer.whileWaiting {}
                }
                try writer.respond(Response(text: "\(priority())"))
            }
            let spinners = try (0..<2).map { _ in try server.connect() }
            for connection in spinners { try connection.send("GET /spin HTTP/1.1\r\nHost: a\r\n\r\n") }
            #expect(eventually { spinning.load(ordering: .relaxed) == 2 })
            // Both compute, beside each other and whatever else runs, until they have had their time.
            pause(milliseconds: 500)
            let others = try (0..<20).map { _ in try server.connect() }
            for connection in others { try connection.send(Self.get) }
            isOver.store(true, ordering: .relaxed)
            for connection in others { #expect(try connection.response().text == "\(usual)") }
            for connection in spinners { _ = try connection.response() }
            for _ in 0..<10 { #expect(try server.exchange(Self.get).text == "\(usual)") }
            if usual < 19 { #expect(lowered.withLock { $0.contains { $0 > usual } }) }
        }
    #endif

    @Test("more requests than may wait get 503, and are told to come again")
    func tooMany() throws {
        let gate = Gate()
        let waiting = Atomic<Int>(0)
        let server = try TestServer {
            $0.maximumWaiting = 3
        } handler: { _, _, writer in
            waiting.add(1, ordering: .relaxed)
            #expect(writer.whileWaiting { gate.wait() })
            try writer.respond(Response(text: "done"))
        }
        let connections = try (0..<3).map { _ in try server.connect() }
        for connection in connections { try connection.send(Self.get) }
        #expect(eventually { waiting.load(ordering: .relaxed) == 3 })
        let refused = try server.exchange(Self.get)
        #expect(refused.status == 503 && refused.headers["Retry-After"] == "1")
        gate.open()
        for connection in connections { #expect(try connection.response().text == "done") }
        #expect(try server.exchange(Self.get).status == 200)
    }
}
