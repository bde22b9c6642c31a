import Cryptography
import Foundation
import HTTP
import JSON
import Synchronization
import TestSupport
import Testing

@testable import OCI

@Suite("Registries")
struct RegistryTests {
    /// A registry that gives what it has, by its paths, to who has a token.
    private final class StandIn: Sendable {
        private struct State {
            var contents: [String: (type: String, bytes: [UInt8])] = [:]
            var requests: [String] = []
        }

        private final class Story: Sendable {
            let state = Mutex(State())
        }

        private let story = Story()
        private let server: Server

        var host: String { "\(server.address)" }
        var requests: [String] { story.state.withLock { $0.requests } }

        /// - Parameter password: What the place for tokens asks for; `nil` for a registry that lets everybody in.
        init(password: String? = nil) throws {
            let socket = try ListeningSocket(binding: .loopback(port: 0))
            let address = socket.address
            server = Server(socket: socket, configuration: ServerConfiguration()) { [story] request, _, writer in
                let authorization = request.headers["Authorization"] ?? ""
                let content = story.state.withLock { state in
                    state.requests.append("\(request.target) \(authorization)")
                    return state.contents[request.path]
                }
                if request.path == "/token" {
                    guard authorization == "Basic \(password ?? "")" else {
                        return try writer.respond(Response(status: .unauthorized, text: "no"))
                    }
                    return try writer.respond(Response(text: #"{"token":"t1"}"#, contentType: "application/json"))
                }
                if password != nil, authorization != "Bearer t1" {
                    let challenge = #"Bearer realm="http://\#(address)/token",service="tests""#
                    return try writer.respond(
                        Response(status: .unauthorized, headers: ["WWW-Authenticate": challenge]))
                }
                guard let content else {
                    let error = #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#
                    return try writer.respond(Response(status: .notFound, text: error, contentType: "application/json"))
                }
                try writer.respond(Response(headers: ["Content-Type": content.type], body: .bytes(content.bytes)))
            }
            try server.start()
        }

        deinit { server.stop() }

        func put(_ path: String, _ bytes: [UInt8], type: String = "application/octet-stream") {
            story.state.withLock { $0.contents["/v2/app/" + path] = (type, bytes) }
        }

        /// Puts a manifest of one layer, and the layer.
        @discardableResult
        func put(module: String, as tag: String, layerType: String = ImageMediaType.module) -> String {
            let digest = "sha256:\(SHA256.hash(module.utf8).hex)"
            put("blobs/\(digest)", Array(module.utf8))
            let manifest =
                #"{"schemaVersion":2,"layers":[{"mediaType":"text/plain","digest":"sha256:1","size":1},"#
                + #"{"mediaType":"\#(layerType)","digest":"\#(digest)","size":\#(module.utf8.count)}]}"#
            let manifestDigest = "sha256:\(SHA256.hash(manifest.utf8).hex)"
            for name in [tag, manifestDigest] {
                put("manifests/\(name)", Array(manifest.utf8), type: ImageMediaType.manifest)
            }
            return manifestDigest
        }
    }

    private static func module(
        _ reference: String, _ credentials: RegistryCredentials = RegistryCredentials(), limit: Int = 100
    ) throws(RegistryError) -> String {
        let client = RegistryClient(credentials: credentials)
        return String(decoding: try client.module(ImageReference(reference), limit: limit), as: UTF8.self)
    }

    @Test("A module is the layer of its type, or of the one that was used before; an index leads to it") func layers()
        throws
    {
        let registry = try StandIn()
        registry.put(module: "one", as: "1")
        let digest = registry.put(module: "two", as: "2", layerType: "application/vnd.wasm.content.layer.v1+wasm")
        #expect(try Self.module("\(registry.host)/app:1") == "one")
        #expect(try Self.module("\(registry.host)/app@\(digest)") == "two")
        let index =
            #"{"manifests":[{"digest":"sha256:0","platform":{"architecture":"amd64","os":"linux"}},"#
            + #"{"digest":"\#(digest)","platform":{"architecture":"wasm","os":"wasip1"}}]}"#
        registry.put("manifests/index", Array(index.utf8), type: ImageMediaType.index)
        #expect(try Self.module("\(registry.host)/app:index") == "two")
    }

    @Test("What is not there, is of another kind, too large, or has another digest is told") func refused() throws {
        let registry = try StandIn()
        registry.put(module: "image", as: "other", layerType: ImageMediaType.layer)
        let digest = registry.put(module: "module", as: "1")
        func problem(_ reference: String, limit: Int = 100) -> String {
            do throws(RegistryError) { return try Self.module("\(registry.host)/\(reference)", limit: limit) } catch {
                return "\(error)"
            }
        }
        #expect(problem("app:none").contains("app:none is not there"))
        #expect(problem("app:other").contains("application/wasm") && problem("app:other").contains("tar+gzip"))
        #expect(problem("app:1", limit: 5).contains("6 bytes"))
        registry.put("blobs/sha256:\(SHA256.hash("module".utf8).hex)", Array("modulf".utf8))
        #expect(problem("app:1").contains("another digest"))
        registry.put("manifests/\(digest)", Array("{}".utf8))
        #expect(problem("app@\(digest)").contains("another digest"))
    }

    @Test("A token is got once for the credentials of config.json, and goes along from then on") func bearer() throws {
        let registry = try StandIn(password: "dXNlcjpwYXNz")
        registry.put(module: "one", as: "1")
        let config = #"{"auths":{"https://\#(registry.host)/v1/":{"auth":"dXNlcjpwYXNz"}}}"#
        #expect(try Self.module("\(registry.host)/app:1", RegistryCredentials(parsing: Array(config.utf8))) == "one")
        let tokens = registry.requests.filter { $0.hasPrefix("/token") }
        #expect(tokens == ["/token?service=tests&scope=repository%3Aapp%3Apull Basic dXNlcjpwYXNz"])
        #expect(registry.requests.count == 4)
        for (config, hint) in [("{}", "docker login"), (#"{"credsStore":"x"}"#, "helper")] {
            let error = #expect(throws: RegistryError.self) {
                try Self.module("\(registry.host)/app:1", RegistryCredentials(parsing: Array(config.utf8)))
            }
            #expect(error?.description.contains(hint) == true)
        }
    }

    @Test(
        "Debian's registry takes what is pushed, once, with Basic, and gives it back",
        .enabled(if: DockerRegistry.isInstalled, "docker-registry is not installed"))
    func dockerRegistry() throws {
        // The password of one of Bcrypt's tests.
        let registry = try DockerRegistry(users: "user:$2y$05$376yWFpiBPbZXbVbb64tUuEBpgZ8I4U3eA7eootfGS0Voz9GfCbQ.\n")
        let auth = Data("user:sw0rdf1sh".utf8).base64EncodedString()
        let credentials = RegistryCredentials(
            parsing: Array(#"{"auths":{"\#(registry.host)":{"auth":"\#(auth)"}}}"#.utf8))
        let client = RegistryClient(credentials: credentials)
        let reference = try ImageReference("\(registry.host)/org/app:1.0.0")
        let (config, module) = (Array("{}".utf8), Array("module".utf8))
        var pushed: [Bool] = []
        for bytes in [config, module, module] {
            pushed.append(
                try client.push(
                    blob: "sha256:\(SHA256.hash(bytes).hex)", to: reference, .bytes(bytes)))
        }
        #expect(pushed == [true, true, false])
        func descriptor(_ bytes: [UInt8], _ type: String) -> String {
            #"{"mediaType":"\#(type)","digest":"sha256:\#(SHA256.hash(bytes).hex)","size":\#(bytes.count)}"#
        }
        let manifest =
            #"{"schemaVersion":2,"mediaType":"\#(ImageMediaType.manifest)","config":\#(descriptor(config, ImageMediaType.moduleConfig)),"#
            + #""layers":[\#(descriptor(module, ImageMediaType.module))]}"#
        try client.push(manifest: Array(manifest.utf8), type: ImageMediaType.manifest, as: reference)
        #expect(try client.module(reference, limit: 100) == module)
        let error = #expect(throws: RegistryError.self) { try Self.module("\(registry.host)/org/app:1.0.0") }
        #expect(error?.description.contains("does not let this in") == true)
    }
}
