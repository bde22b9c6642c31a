import HTTP

/// Passes requests on to a server on this machine, and its responses back while they come.
struct ReverseProxy: Sendable {
    private let port: UInt16
    private let name: String
    private let liveReload: LiveReload
    private let client: Client
    private static let chunkSize = 64 << 10

    init(port: UInt16, name: String, liveReload: LiveReload) {
        self.port = port
        self.name = name
        self.liveReload = liveReload
        var configuration = ClientConfiguration()
        // How long a request may take is for the other program to say.
        configuration.stallTimeout = .seconds(24 * 3600)
        configuration.maximumIdlePerHost = 64
        client = Client(configuration: configuration)
    }

    /// Answers a request as the other program does. One that cannot be reached is a 502.
    func respond(to original: Request, _ body: RequestBody, _ writer: ResponseWriter) throws {
        if let response = liveReload.respond(to: original) { return try writer.respond(response) }
        let insertion = liveReload.insertion(for: original)
        let request = insertion?.request ?? ScriptInsertion.withoutPageTags(original)
        let response: ClientResponse
        do {
            let url = try HTTPURL("http://127.0.0.1:\(port)\(request.target)")
            var forwarded = ClientRequest(request.method, url, headers: EndToEndFields.of(request.headers))
            forwarded.host = request.headers["Host"]
            if body.contentLength != 0 {
                // Read on this thread, before `send` returns.
                nonisolated(unsafe) let body = body
                forwarded.body = .stream(length: body.contentLength) { try body.read(into: $0) }
            }
            response = try client.send(forwarded)
        } catch {
            return try writer.respond(
                Response(status: .badGateway, text: "502 Bad Gateway: \(name) has not answered: \(error)\n"))
        }
        defer { response.close() }
        var headers = EndToEndFields.of(response.headers)
        var chunk = try response.read(upTo: Self.chunkSize)
        guard var page = insertion?.element(for: response.status, &headers, bodyBeginning: chunk).map(PageBody.init)
        else {
            try writer.writeHead(response.status, headers)
            while !chunk.isEmpty {
                try writer.write(chunk)
                try writer.flush()
                chunk = try response.read(upTo: Self.chunkSize)
            }
            return
        }
        try writer.writeHead(response.status, headers)
        while !chunk.isEmpty {
            try writer.write(page.next(chunk))
            try writer.flush()
            chunk = try response.read(upTo: Self.chunkSize)
        }
        try writer.write(page.rest())
    }
}

/// The body of a page as it streams by, into which an element is put.
private struct PageBody {
    private let element: [UInt8]
    private var prologue: PagePrologue? = PagePrologue()

    init(_ element: [UInt8]) {
        self.element = element
    }

    mutating func next(_ bytes: [UInt8]) -> [UInt8] {
        guard var search = prologue else { return bytes }
        var output: [UInt8] = []
        guard let end = bytes.withUnsafeBytes({ search.scan($0, passing: &output) }) else {
            prologue = search
            return output
        }
        prologue = nil
        return output + element + search.held + bytes[end...]
    }

    /// What is left at the end of a document that ended early.
    func rest() -> [UInt8] {
        prologue.map { element + $0.held } ?? []
    }
}
