import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

@Suite("Starting, draining and stopping a server")
struct ServerLifeTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("a port in use is an error that names the address and says what to do")
    func addressInUse() throws {
        let first = try ListeningSocket(binding: .loopback(port: 0))
        do throws(ServerError) {
            _ = try ListeningSocket(binding: first.address)
            Issue.record("bound twice")
        } catch {
            #expect(error == .addressInUse(first.address))
            #expect("\(error)".contains("\(first.address)") && "\(error)".contains("port 0"))
        }
        #expect(throws: ServerError.self) {
            try ListeningSocket(binding: SocketAddress.parse("192.0.2.1:0")!)
        }
    }

    @Test("a descriptor that does not listen is not adopted")
    func adoptingNonsense() throws {
        let plain = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(plain) }
        #expect(throws: ServerError.notAListeningSocket(fileDescriptor: plain)) {
            try ListeningSocket(adopting: plain)
        }
        #expect(throws: ServerError.self) { try ListeningSocket(adopting: -1) }
    }

    @Test("IPv6 works, and addresses are written as URLs write them")
    func ipv6() throws {
        guard let socket = try? ListeningSocket(binding: SocketAddress.parse("[::1]:0")!) else { return }
        let server = try TestServer(on: socket, handler: echo)
        #expect("\(server.address)".hasPrefix("[::1]:"))
        #expect(try server.exchange("GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n").status == 200)
        #expect(try Client().send(ClientRequest(.get, server.url("/"))).status == .ok)
    }

    @Test("addresses are parsed strictly")
    func addresses() {
        #expect(SocketAddress.parse("127.0.0.1:3000") == .loopback(port: 3000))
        #expect(SocketAddress.parse("[::1]:80")?.description == "[::1]:80")
        for text in [
            "", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80", "a:80", "[127.0.0.1]:1",
        ] {
            #expect(SocketAddress.parse(text) == nil)
        }
        #expect(SocketAddress.parse("127.9.0.1:1")?.isLoopback == true)
        #expect(SocketAddress.parse("[::1]:1")?.isLoopback == true)
        #expect(SocketAddress.parse("0.0.0.0:1")?.isLoopback == false)
    }

    @Test("two servers accept from one socket, and requests are answered by one while the other has drained")
    func sharedSocket() throws {
        let socket = try ListeningSocket(binding: .loopback(port: 0))
        let copy = try ListeningSocket(adopting: dup(socket.fileDescriptor))
        let first = try TestServer(on: socket) { _, _, writer in try writer.respond(Response(text: "first")) }
        let second = try TestServer(on: copy) { _, _, writer in try writer.respond(Response(text: "second")) }
        for _ in 0..<50 { #expect(try first.exchange(Self.get).status == 200) }
        #expect(first.server.drain(deadline: .seconds(5)))
        for _ in 0..<50 { #expect(try second.exchange(Self.get).text == "second") }
    }

    @Test("a steady load loses no request while servers take over from each other")
    func handOver() throws {
        let socket = try ListeningSocket(binding: .loopback(port: 0))
        let address = socket.address
        let isOver = Gate()
        let failures = Failures()
        let clients = (0..<3).map { _ in
            let thread = Thread {
                let client = Client()
                while !isOver.isOpen {
                    do {
                        let response = try client.send(ClientRequest(.get, try HTTPURL("http://\(address)/")))
                        _ = try response.readAll(limit: 100)
                        failures.count(response.status == .ok ? nil : "\(response.status)")
                    } catch {
                        failures.count("\(error)")
                    }
                }
                failures.end()
            }
            thread.start()
            return thread
        }
        var current = try TestServer(on: socket, handler: echo)
        for _ in 0..<10 {
            let next = try TestServer(on: ListeningSocket(adopting: dup(socket.fileDescriptor)), handler: echo)
            pause(milliseconds: 10)
            #expect(current.server.drain(deadline: .seconds(5), idleGrace: .milliseconds(20)))
            current = next
        }
        isOver.open()
        #expect(eventually { failures.ended == clients.count })
        #expect(failures.all == [])
        #expect(failures.total > 10)
    }

    @Test("draining finishes the request in flight and those behind it, and closes idle connections")
    func drain() throws {
        let gate = Gate()
        let started = Gate()
        let server = try TestServer { request, _, writer in
            if request.path == "/slow" {
                started.open()
                #expect(gate.wait())
            }
            try writer.respond(Response(text: request.path))
        }
        let idle = try server.connect()
        try idle.send(Self.get)
        _ = try idle.response()
        let busy = try server.connect()
        try busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /behind HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(started.wait())
        let drained = Gate()
        let isClean = Gate()
        Thread {
            if server.server.drain(deadline: .seconds(10), idleGrace: .milliseconds(10)) { isClean.open() }
            drained.open()
        }.start()
        #expect(try idle.isAtEnd())
        #expect(!drained.isOpen)
        gate.open()
        #expect(try busy.response().text == "/slow")
        let last = try busy.response()
        #expect(last.text == "/behind")
        #expect(last.headers["Connection"] == "close")
        #expect(try busy.isAtEnd())
        #expect(drained.wait() && isClean.isOpen)
    }

    @Test("a kept connection may still bring a request during the grace, and is told to close")
    func idleGrace() throws {
        let server = try TestServer(handler: echo)
        let connection = try server.connect()
        try connection.send(Self.get)
        #expect(try connection.response().headers["Connection"] == nil)
        Thread { server.server.drain(deadline: .seconds(10), idleGrace: .seconds(5)) }.start()
        pause(milliseconds: 30)
        try connection.send(Self.get)
        #expect(try connection.response().headers["Connection"] == "close")
        #expect(try connection.isAtEnd())
    }

    @Test("a drain ends at its deadline, and tells the handler that its client is gone")
    func drainDeadline() throws {
        let interrupted = Gate()
        let started = Gate()
        let server = try TestServer { _, _, writer in
            writer.onDisconnect { interrupted.open() }
            started.open()
            #expect(interrupted.wait())
        }
        let connection = try server.connect()
        try connection.send(Self.get)
        #expect(started.wait())
        #expect(!server.server.drain(deadline: .milliseconds(50)))
        #expect(interrupted.isOpen)
    }

    @Test("stopping returns, whatever is open")
    func stop() throws {
        let server = try TestServer(handler: echo)
        let connection = try server.connect()
        try connection.send(Self.get)
        _ = try connection.response()
        server.server.stop()
        #expect(try connection.isAtEnd())
        server.server.stop()
    }

    @Test("a client that is gone is noticed by the handler: by what it writes, and without writing")
    func disconnect() throws {
        let noticed = Gate()
        let failed = Gate()
        let started = Gate()
        let server = try TestServer {
            $0.halfClosedGrace = .milliseconds(50)
        } handler: { request, _, writer in
            if request.path == "/silent" {
                writer.onDisconnect { noticed.open() }
                started.open()
                #expect(noticed.wait())
                #expect(writer.isClientDisconnected)
            } else {
                try writer.writeHead(.ok)
                #expect(throws: ResponseError.clientDisconnected) {
                    while true {
                        try writer.write("more")
                        pause(milliseconds: 1)
                    }
                }
                failed.open()
                // What a handler lets out because its client is gone is no problem of the server's.
                throw ResponseError.clientDisconnected
            }
        }
        let silent = try server.connect()
        try silent.send("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(started.wait())
        silent.close()
        #expect(noticed.wait())
        let writing = try server.connect()
        try writing.send("GET /writing HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try writing.read(through: "more")
        writing.reset()
        #expect(failed.wait())
        #expect(eventually { server.records.withLock { $0.count } == 2 })
        #expect(server.problems.withLock { $0.filter { $0.contains("/writing") } } == [])
    }

    @Test("a client that only ends its sending side gets its response")
    func halfClosed() throws {
        let server = try TestServer { _, _, writer in
            pause(milliseconds: 30)
            try writer.respond(Response(text: "late"))
        }
        let connection = try server.connect()
        try connection.send(Self.get)
        connection.endSending()
        #expect(try connection.response().text == "late")
        #expect(try connection.isAtEnd())
    }

    @Test("a client that only ends its sending side is asked whether it is there, and waits as long as it likes")
    func patientHalfClosed() throws {
        for version in ["1.1", "1.0"] {
            let isTold = Gate()
            let server = try TestServer {
                $0.halfClosedGrace = .milliseconds(20)
            } handler: { _, _, writer in
                #expect(isTold.wait())
                #expect(!writer.isClientDisconnected)
                try writer.respond(Response(text: "late"))
            }
            let connection = try server.connect()
            try connection.send("GET / HTTP/\(version)\r\nHost: a\r\n\r\n")
            connection.endSending()
            if version == "1.1" {
                #expect(try connection.read(through: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            } else {
                // As long as the other one may have waited for the interim response.
                pause(milliseconds: 60)
            }
            isTold.open()
            #expect(try connection.response().text == "late")
            #expect(try connection.isAtEnd())
        }
    }

    @Test("many connections that come and go at once are all answered")
    func manyConnections() throws {
        let server = try TestServer(handler: echo)
        for _ in 0..<20 {
            let connections = try (0..<20).map { _ in try server.connect() }
            for connection in connections { try connection.send("GET / HTTP/1.0\r\n\r\n") }
            for connection in connections { #expect(try connection.response().status == 200) }
        }
    }

    /// Counts what clients on other threads saw.
    private final class Failures: Sendable {
        private struct State {
            var all: [String] = []
            var total = 0
            var ended = 0
        }

        private let state = Mutex(State())

        var all: [String] { state.withLock { $0.all } }
        var total: Int { state.withLock { $0.total } }
        var ended: Int { state.withLock { $0.ended } }

        func count(_ failure: String?) {
            state.withLock { state in
                state.total += 1
                if let failure { state.all.append(failure) }
            }
        }

        func end() { state.withLock { $0.ended += 1 } }
    }
}
