import Bindle
import Foundation
import HTTP
import TestSupport
import Testing

/// `--parcels` of `hippo-dev up` and `hippo-dev bindle serve`.
@Suite("Places of parcels", .timeLimit(.minutes(15)))
struct ParcelPlaceTests {
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case memory, directory, s3, azure

        static var available: [Kind] { allCases.filter { $0 != .s3 || MotoServer.isThere } }

        var testDescription: String { rawValue }
    }

    /// The arguments and variables for a place of its own, and how many parcels are there.
    struct Place {
        let arguments: [String]
        let environment: [String: String]
        let azure: AzureStandIn?
        let count: () throws -> Int?

        init(_ kind: Kind, _ directory: TemporaryDirectory) throws {
            switch kind {
            case .memory: (arguments, environment, azure, count) = (["--parcels", "memory"], [:], nil, { nil })
            case .directory:
                let path = directory.path + "/shared/parcels"
                arguments = ["--parcels", "dir:" + path]
                (environment, azure) = ([:], nil)
                count = { try FileManager.default.contentsOfDirectory(atPath: path + "/sha256").count }
            case .s3:
                let moto = try MotoServer.shared()
                let prefix = UUID().uuidString
                arguments = ["--parcels", "s3://\(MotoServer.bucket)/\(prefix)", "--endpoint", moto.url]
                environment = moto.environment.filter { $0.key != "HOME" && $0.key != "AWS_ENDPOINT_URL" }
                azure = nil
                count = {
                    let text = try moto.boto(
                        "print(s3.list_objects_v2(Bucket='parcels', Prefix='\(prefix)/sha256/')['KeyCount'])")
                    return Int(text.trimmingCharacters(in: .newlines))
                }
            case .azure:
                let server = try AzureStandIn()
                arguments = ["--parcels", "az://\(AzureStandIn.account)/\(AzureStandIn.container)/team"]
                (environment, azure) = (server.environment, server)
                count = { server.blobs.keys.count { $0.hasPrefix("team/sha256/") } }
            }
        }
    }

    @Test("An app is served from each of them, with next to nothing on this machine", arguments: Kind.available)
    func up(_ kind: Kind) async throws {
        let app = try SmallApp()
        let outside = try TemporaryDirectory()
        let place = try Place(kind, outside)
        let remote = kind == .s3 || kind == .azure
        let sandbox = try SandboxProcess(
            app.path, place.arguments + (remote ? ["--parcel-cache", "1"] : []), environment: place.environment)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(try get(url + "hello").body == "hello 1")
        let style = "h1 { color: red }"
        #expect(try get(url + "assets/style.css").body == style)
        let request = ClientRequest(
            .get, try HTTPURL(url + "assets/style.css"), headers: ["Range": "bytes=5-9"])
        let answer = try Client().send(request)
        #expect(try answer.status.code == 206 && answer.readAll(limit: 100) == Array("color".utf8))
        if let azure = place.azure {
            // It came from there, and not from the project.
            let name = "sha256/\(SHA256.hash(style.utf8).hex)"
            #expect(azure.requests.contains { $0.hasPrefix("GET") && $0.hasSuffix(name) })
        }
        if let count = try place.count() { #expect(count == 3) }
        try app.writeHandler("hello 2")
        _ = try await sandbox.next("serving")
        #expect(try get(url + "hello").body == "hello 2")
        kill(sandbox.id, SIGINT)
        #expect(try await sandbox.waitForEnd() == 0)
        // The store says itself where they are.
        guard kind != .memory else { return }
        let check = try Program.run(
            ["bindle", "check", "--store", app.path + "/.hippo/bindles.sqlite"], environment: place.environment)
        #expect(check.status == 0, "\(check)")
    }

    @Test("A save during an outage is told of, the last good version goes on serving, and it is made up for by itself")
    func outage() async throws {
        let app = try SmallApp()
        let outside = try TemporaryDirectory()
        let place = try Place(.azure, outside)
        let sandbox = try SandboxProcess(app.path, place.arguments, environment: place.environment)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        place.azure?.fail(Array(repeating: Response(status: .serviceUnavailable), count: 10_000))
        try app.writeHandler("hello 2")
        let failed = try await sandbox.next("failed")
        #expect(
            failed.serialized.contains("az://devstoreaccount1/parcels/team are out of reach"), "\(failed.serialized)")
        #expect(try get(url + "hello").body == "hello 1")
        #expect(try get(url + "assets/style.css").body == "h1 { color: red }")
        #expect(failed.serialized.contains("It is tried again in 1 s"))
        place.azure?.fail([])
        // Without another change.
        _ = try await sandbox.next("serving")
        #expect(try get(url + "hello").body == "hello 2")
    }

    @Test("A server has what is pushed to it there, also when it is started anew", arguments: Kind.available)
    func serve(_ kind: Kind) throws {
        let directory = try TemporaryDirectory()
        let place = try Place(kind, directory)
        let store = directory.path + "/bindles.sqlite"
        let bytes = [UInt8](repeating: 7, count: 100_000)
        let digest = SHA256.hash(bytes).hex
        let invoice = Invoice(
            bindle: .init(id: try BindleID("app/1.0.0")),
            parcels: [Parcel(label: Label(sha256: digest, mediaType: "text/plain", name: "a", size: bytes.count))])
        func request(_ server: StoreServer, _ method: HTTP.Method, _ path: String, _ body: [UInt8] = []) throws -> Int {
            let request = ClientRequest(
                method, try HTTPURL(server.url + path), headers: ["Content-Type": "application/toml"],
                body: .bytes(body))
            return try Client().send(request).status.code
        }
        do {
            let server = try StoreServer(store: store, place.arguments, environment: place.environment)
            #expect(try request(server, .post, "/_i", invoice.encoded(as: .toml)) == 202)
            #expect(try request(server, .post, "/_i/app/1.0.0@\(digest)", bytes) == 200)
            #expect(try request(server, .get, "/_i/app/1.0.0@\(digest)") == 200)
        }
        if let count = try place.count() { #expect(count == 1) }
        try? FileManager.default.removeItem(atPath: store + ".parcels")
        let server = try StoreServer(
            store: store,
            environment: place.environment.merging(
                kind == .s3 ? ["AWS_ENDPOINT_URL": "http://127.0.0.1:1"] : [:]
            ) { $1 })
        #expect(try request(server, .get, "/_i/app/1.0.0@\(digest)") == (kind == .memory ? 404 : 200))
    }

    @Test("What is in memory is gone when up ends") func memoryEnds() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path, ["--parcels", "memory"])
        try await sandbox.next("ready")
        let descriptors = "/proc/\(sandbox.id)/fd"
        let place = try #require(
            try FileManager.default.contentsOfDirectory(atPath: descriptors)
                .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: descriptors + "/" + $0) }
                .first { $0.hasPrefix("/dev/shm/hippo-dev-") })
        kill(sandbox.id, SIGTERM)
        _ = try await sandbox.waitForEnd()
        #expect(!FileManager.default.fileExists(atPath: place))
    }

    @Test(
        "What does not fit together is a mistake of use",
        arguments: [
            (["--endpoint", "http://127.0.0.1:1"], "'--endpoint' goes with '--parcels'"),
            (["--own-parcels"], "'--own-parcels' goes with '--parcels'"),
            (["--parcels", "gs://bucket"], "no kind of blob store"),
            (["--parcels", "memory", "--endpoint", "http://127.0.0.1:1"], "goes with s3:// and az://"),
            (["--parcels", "s3://bucket/prefix"], "set AWS_ACCESS_KEY_ID"),
        ])
    func mistakes(arguments: [String], message: String) throws {
        let directory = try TemporaryDirectory()
        let result = try Program.run(
            ["bindle", "serve", "--store", directory.path + "/b.sqlite", "--listen", "0"] + arguments,
            environment: ["HOME": directory.path])
        #expect(result.status != 0)
        #expect(result.errors.contains(message), "\(result.errors)")
    }
}
