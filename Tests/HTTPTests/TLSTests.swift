import Foundation
import HTTP
import TestSupport
import Testing

@Suite("A client of https", .enabled(if: SecureServer.isPossible, "\(SecureServer.absence)"), .serialized)
struct TLSTests {
    private func client(_ policy: TLSPolicy) -> Client {
        var configuration = ClientConfiguration()
        configuration.tls = policy
        return Client(configuration: configuration)
    }

    private func trusting(_ path: String) -> TLSPolicy {
        var policy = TLSPolicy()
        policy.authoritiesPath = path
        return policy
    }

    @Test("speaks to a server that an authority vouches for, on one connection")
    func speaksToAServerThatAnAuthorityVouchesForOnOneConnection() throws {
        let server = try SecureServer()
        let client = client(trusting(server.authorities))
        var ports = Set<[UInt8]>()
        for _ in 0..<3 {
            ports.insert(try client.send(ClientRequest(.get, server.url("port"))).readAll(limit: 100))
        }
        #expect(ports.count == 1)
        let large = try client.send(ClientRequest(.get, server.url("3000000"))).readAll(limit: 4_000_000)
        #expect(large.count == 3_000_000)
        let body = [UInt8](repeating: 3, count: 5_000_000)
        let answer = try client.send(ClientRequest(.post, server.url(""), body: .bytes(body))).readAll(limit: 100)
        #expect(String(decoding: answer, as: UTF8.self) == "15000000")
    }

    @Test("refuses a server that nobody vouches for, unless it is told to take any")
    func refusesAServerThatNobodyVouchesForUnlessItIsToldToTakeAny() throws {
        let server = try SecureServer()
        do throws(ClientError) {
            _ = try client(TLSPolicy()).send(ClientRequest(.get, try! HTTPURL("https://localhost:\(server.port)/1")))
            Issue.record("it was trusted")
        } catch {
            guard case .untrustedServer = error.reason else { throw error }
            #expect(error.description.contains("the server is not trusted"))
        }
        var policy = TLSPolicy()
        policy.verifiesServer = false
        #expect(try client(policy).send(ClientRequest(.get, server.url("5"))).readAll(limit: 100).count == 5)
    }

    @Test("refuses a certificate for another name, and a file of authorities that is not there")
    func refusesACertificateForAnotherNameAndAFileOfAuthoritiesThatIsNotThere() throws {
        let server = try SecureServer(name: "elsewhere.example.com")
        #expect(throws: ClientError.self) {
            try client(trusting(server.authorities)).send(ClientRequest(.get, server.url("1")))
        }
        #expect(throws: ClientError.self) {
            try client(trusting("/nowhere.pem")).send(ClientRequest(.get, server.url("1")))
        }
    }

    @Test("says of a server that does not speak TLS, and of none, what is the matter")
    func saysOfAServerThatDoesNotSpeakTLSAndOfNoneWhatIsTheMatter() throws {
        let plain = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { _, _, writer in
            try writer.respond(Response(status: .ok, text: "plain"))
        }
        try plain.start()
        defer { plain.stop() }
        do throws(ClientError) {
            _ = try Client().send(ClientRequest(.get, try! HTTPURL("https://\(plain.address)/")))
            Issue.record("it spoke TLS")
        } catch {
            #expect(error.description.contains("no secure connection"))
        }
        let unused = try ListeningSocket(binding: .loopback(port: 0)).address
        do throws(ClientError) {
            _ = try Client().send(ClientRequest(.get, try! HTTPURL("https://\(unused)/")))
            Issue.record("it connected")
        } catch {
            guard case .cannotConnect = error.reason else { throw error }
        }
    }
}
