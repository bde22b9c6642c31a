import Bindle
import Cryptography
import Foundation
import HTTP
import Platform

/// One of a soak's clients: it asks for one thing after the other, and believes no answer.
///
/// Each request has a number of its own, in its query and in its body; each answer says whom it answers and which revision
/// of what was saved it comes from.
final class SoakClient {
    /// What clients do, and how often of a hundred times.
    private enum Deed: String, CaseIterable {
        case hello, cgi, echo, upload, sleep, trap, cut, flood, file
        /// Ends the connection within the request's body.
        case abandonedUpload
        /// Ends the connection within the response.
        case abandonedDownload
        /// Ends the sending side behind the request.
        case halfClosed
        /// Puts a parcel into the Bindle server, gets it back, and removes it.
        case bindle

        var weight: Int {
            switch self {
            case .hello: 20
            case .cgi: 12
            case .echo: 12
            case .upload: 8
            case .sleep: 8
            case .trap: 4
            case .cut: 3
            case .flood: 2
            case .file: 16
            case .abandonedUpload: 4
            case .abandonedDownload: 4
            case .halfClosed: 4
            case .bindle: 3
            }
        }

        static let all = allCases.flatMap { Array(repeating: $0, count: $0.weight) }
    }

    private struct Wrong: Error {
        let problem: String
    }

    private let number: Int
    private let project: SoakProject
    private let app: HTTPURL
    private let bindles: String
    private let record: SoakRecord
    private let gate: SoakGate
    private var random: SoakRandom
    private var connection: SoakConnection?
    private var requestCount = 0

    init(
        number: Int, seed: UInt64, project: SoakProject, app: HTTPURL, bindles: String, record: SoakRecord,
        gate: SoakGate
    ) {
        self.number = number
        self.project = project
        self.app = app
        self.bindles = bindles
        self.record = record
        self.gate = gate
        random = SoakRandom(seed: seed)
    }

    /// Works until the gate says that it is over.
    func run() {
        while gate.enter() {
            perform(Deed.all.randomElement(using: &random)!)
            // Measured with no connection open.
            if gate.isClosing { connection = nil }
            gate.leave()
            usleep(UInt32(random.below(10_000)))
        }
    }

    private func perform(_ deed: Deed) {
        requestCount += 1
        let id = "\(number)-\(requestCount)"
        do {
            switch deed {
            case .bindle: try useBindles(id)
            case .abandonedUpload, .abandonedDownload: try abandon(deed, id)
            default: try ask(deed, id)
            }
            record.count(deed.rawValue)
        } catch {
            connection = nil
            let problem = (error as? Wrong)?.problem ?? "\(error)"
            record.violation("\(deed) \(id): \(problem)")
        }
    }

    // MARK: The app

    private func ask(_ deed: Deed, _ id: String) throws {
        let part: SoakProject.Part
        switch deed {
        case .file: part = .file(random.below(SoakProject.Part.files))
        case .halfClosed: part = .handler(.hello)
        default: part = .handler(SoakHandler(rawValue: deed.rawValue)!)
        }
        var body: [UInt8] = []
        if deed == .echo || deed == .upload { body = random.bytes(bodySize()) }
        let connection: SoakConnection
        let begun = MonotonicTime.now
        let isReused: Bool
        if let open = self.connection, open.isReusable, random.below(4) > 0 {
            (connection, isReused) = (open, true)
        } else {
            connection = try SoakConnection(port: app.port)
            isReused = false
        }
        self.connection = connection
        let since = isReused ? connection.usedSince : begun
        let oldest = project.oldest(part)
        do {
            var head =
                "\(body.isEmpty ? "GET" : "POST") \(part.path)?id=\(id) HTTP/1.1\r\nHost: localhost\r\nX-Soak: \(id)\r\n"
            if !body.isEmpty { head += "Content-Length: \(body.count)\r\n" }
            try connection.send(Array("\(head)\r\n".utf8) + body)
            if deed == .halfClosed { connection.endSending() }
            let response = try connection.response()
            if deed == .cut { throw Wrong(problem: "a response that was cut looks whole") }
            try check(response, deed, part, id, body, oldest: oldest)
            if deed == .halfClosed { self.connection = nil }
        } catch SoakConnection.Failure.cut(let how) {
            self.connection = nil
            if deed == .cut { return }
            guard record.hasKilled(since: since) else {
                throw Wrong(problem: "cut, and no process was killed meanwhile: \(how)")
            }
            record.count("(cut with a killed process)")
        }
    }

    private func bodySize() -> Int {
        switch random.below(20) {
        case 0: 2_000_000 + random.below(3_000_000)
        case 1...4: random.below(300_000) + 1
        default: random.below(5000) + 1
        }
    }

    private func check(
        _ response: SoakConnection.Response, _ deed: Deed, _ part: SoakProject.Part, _ id: String, _ body: [UInt8],
        oldest: Int
    ) throws {
        if deed == .trap {
            let text = String(decoding: response.body, as: UTF8.self)
            guard response.status == 500, text.contains("GET /trap?id=\(id) ") else {
                throw Wrong(problem: "a trap is answered with \(response.status): \(text.prefix(200))")
            }
            return
        }
        guard response.status == 200 else {
            let text = String(decoding: response.body.prefix(300), as: UTF8.self)
            throw Wrong(problem: "status \(response.status): \(text)")
        }
        let beginning = String(decoding: response.body.prefix(SoakHandler.identityLength), as: UTF8.self)
        guard beginning.hasPrefix("revision "), let revision = Int(beginning.dropFirst(9).dropLast()) else {
            throw Wrong(problem: "the body begins with \(beginning.debugDescription)")
        }
        guard revision <= project.newest(part) else { throw Wrong(problem: "revision \(revision) was never saved") }
        if response.headers["x-hippo-stale"] != nil {
            record.count("(marked as stale)")
        } else if revision < oldest {
            throw Wrong(problem: "revision \(revision), and \(oldest) had been saved, with no mark")
        }
        try check(response.body, deed, part, id, body, revision: revision)
    }

    /// Checks that nothing in a body is another's.
    private func check(
        _ answer: [UInt8], _ deed: Deed, _ part: SoakProject.Part, _ id: String, _ body: [UInt8], revision: Int
    ) throws {
        if case .file(let file) = part {
            guard answer == Array(SoakProject.fileContent(file, revision: revision).utf8) else {
                throw Wrong(problem: "the file is not what it is in revision \(revision)")
            }
            return
        }
        var expected = Array("\(SoakHandler.identity(revision))\(part.path)\0id=\(id)\0".utf8)
        switch deed {
        case .cgi:
            let variables = answer.dropFirst(expected.count).split(separator: 0).map {
                String(decoding: $0, as: UTF8.self)
            }
            guard answer.starts(with: expected), variables.contains("HTTP_X_SOAK=\(id)"),
                variables.contains("QUERY_STRING=id=\(id)"), variables.contains("X_MATCHED_ROUTE=/cgi")
            else { throw Wrong(problem: "the environment is another's: \(variables)") }
            return
        case .echo: expected += body
        case .upload:
            for word in [UInt32(body.count), SoakHandler.checksum(body)] {
                withUnsafeBytes(of: word.littleEndian) { expected += $0 }
            }
        default: break
        }
        guard answer == expected else {
            throw Wrong(
                problem: "\(answer.count) bytes that are not the \(expected.count) expected, beginning with "
                    + String(decoding: answer.prefix(100), as: UTF8.self).debugDescription)
        }
    }

    // MARK: Clients that go away

    private func abandon(_ deed: Deed, _ id: String) throws {
        connection = nil
        let connection = try SoakConnection(port: app.port)
        if deed == .abandonedUpload {
            let size = random.below(1_000_000) + 1
            let path = Bool.random(using: &random) ? "/echo" : "/upload"
            let head = "POST \(path)?id=\(id) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(size)\r\n\r\n"
            // It may have been killed, or have answered already.
            try? connection.send(Array(head.utf8) + random.bytes(random.below(size)))
        } else {
            let path = Bool.random(using: &random) ? "/files/0.txt" : "/sleep"
            try? connection.send(Array("GET \(path)?id=\(id) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
            if path == "/files/0.txt" { connection.receive(atMost: 100) }
        }
    }

    // MARK: The Bindle server

    /// Nobody kills the process that has it, so that nothing may fail.
    private func useBindles(_ id: String) throws {
        var configuration = ClientConfiguration()
        configuration.maximumIdlePerHost = 0
        let client = Client(configuration: configuration)
        let content = random.bytes(bodySize())
        let digest = SHA256.hash(content).hex
        let path = "soak-\(id)/1.0.0"
        let invoice = """
            bindleVersion = "1.0.0"
            [bindle]
            name = "soak-\(id)"
            version = "1.0.0"
            [[parcel]]
            [parcel.label]
            name = "content"
            sha256 = "\(digest)"
            mediaType = "application/octet-stream"
            size = \(content.count)
            """
        func send(_ method: HTTP.Method, _ path: String, _ body: [UInt8] = [], type: String? = nil) throws -> [UInt8] {
            let headers: Headers = type.map { ["Content-Type": $0] } ?? [:]
            let response = try client.send(
                ClientRequest(
                    method, HTTPURL(bindles + path), headers: headers, body: body.isEmpty ? .empty : .bytes(body)))
            let answer = try response.readAll(limit: 16 << 20)
            guard response.status.code < 300 else {
                throw Wrong(
                    problem: "\(method) \(path): \(response.status.code) \(String(decoding: answer, as: UTF8.self))")
            }
            return answer
        }
        _ = try send(.post, "/_i", Array(invoice.utf8), type: "application/toml")
        _ = try send(.post, "/_i/\(path)@\(digest)", content)
        guard try send(.get, "/_i/\(path)@\(digest)") == content else {
            throw Wrong(problem: "the parcel that comes back is another")
        }
        _ = try send(.delete, "/_i/\(path)")
    }
}
