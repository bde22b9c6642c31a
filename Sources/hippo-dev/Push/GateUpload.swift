import Archive
import Bindle
import CommandLineInterface
import HTTP
import Hippofacts
import JSON
import Platform
import Synchronization

/// Which gate a project is handed in at, and what is shown there.
enum GateOptions {
    static let gate = Option(
        name: "gate", valueName: "URL",
        summary: "Upload the project to the sandbox with this control address, instead of a Bindle server.",
        environmentVariable: "HIPPO_GATE")
    static let token = Option(
        name: "gate-token", valueName: "TOKEN",
        summary: "The upload token for it. Other users of this machine can see command lines, so prefer the variable.",
        environmentVariable: "HIPPO_GATE_TOKEN")

    static func url(_ arguments: ParsedArguments) throws -> HTTPURL? {
        try arguments.value(of: gate, expecting: "a URL like https://dev.example.com:8080") { try HTTPURL($0) }
    }
}

/// A project that is handed in at a gate: packed, and sent in one piece. The other side makes the bundle of it.
struct GateUpload {
    private static let answerLimit = 1 << 20
    private let url: HTTPURL
    private let token: String
    private let tls: TLSPolicy

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init(to url: HTTPURL, _ arguments: ParsedArguments) throws {
        guard let token = arguments[GateOptions.token] else {
            throw CommandFailure(
                "\(url) wants a token: give it by \(GateOptions.token.environmentVariable ?? ""); "
                    + "'hippo-dev token add' makes one there")
        }
        self.url = url
        self.token = token
        tls = TLSOptions.policy(arguments)
    }

    /// - Returns: What has come of it, for people.
    func send(
        _ id: BindleID, _ files: [ProjectBindle.ProjectFile], channel: String?, display: TransferDisplay?
    ) throws -> String {
        let place = try TemporaryPlace()
        let size = try Self.pack(files, to: place.path + "/archive")
        let descriptor = open(place.path + "/archive", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError.last("open", path: place.path + "/archive") }
        defer { close(descriptor) }
        var query = "name=\(PercentEncoding.encode(id.name))&version=\(PercentEncoding.encode(id.version.description))"
        if let channel { query += "&channel=\(PercentEncoding.encode(channel))" }
        let target = try url.appending("api/v1/upload?\(query)")
        let sent = Atomic<Int64>(0)
        let body = ClientRequest.Body.stream(length: size) { buffer in
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            guard count >= 0 else { throw SystemError.last("read", path: "the archive") }
            display?.show(sent: sent.add(Int64(count), ordering: .relaxed).newValue, of: size)
            return count
        }
        var configuration = ClientConfiguration()
        configuration.tls = tls
        configuration.proxies = ProxySettings(environment: ProcessEnvironment.all)
        let headers: Headers = ["Authorization": "Bearer \(token)", "Content-Type": "application/gzip"]
        let response = try Client(configuration: configuration).send(
            ClientRequest(.post, target, headers: headers, body: body))
        let answer = try response.readAll(limit: Self.answerLimit)
        let object = (try? JSONValue(parsing: answer).object) ?? [:]
        guard (200..<300).contains(response.status.code) else {
            let reason = object["error"]?.string ?? String(decoding: answer.prefix(500), as: UTF8.self)
            throw Failure(description: "\(url) does not take \(id): \(response.status): \(reason)")
        }
        let serving = object["channel"]?.object?["url"]?.string.map { ", served at \($0)" } ?? ""
        return object["effect"]?.string == "unchanged"
            ? "it was there already\(serving)" : "\(Quantity.size(Int(size))) sent\(serving)"
    }

    /// Packs files, and returns the size of the archive.
    private static func pack(_ files: [ProjectBindle.ProjectFile], to path: String) throws -> Int64 {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError.last("create", path: path) }
        defer { close(descriptor) }
        var size: Int64 = 0
        let gzip = try GzipWriter { bytes in
            size += Int64(bytes.count)
            try FileWriter.write(bytes, to: descriptor, path: path)
        }
        let tar = TarWriter { try gzip.write($0) }
        for file in files {
            let bytes = try FileReader.bytes(of: file.path, limit: 1 << 30)
            try tar.begin(TarEntry(path: file.name, kind: .file, size: Int64(bytes.count)))
            try bytes.withUnsafeBytes { try tar.write($0) }
        }
        try tar.finish()
        try gzip.finish()
        return size
    }
}
