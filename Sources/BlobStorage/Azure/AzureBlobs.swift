import Cryptography
import HTTP
import Platform

/// Blobs in a container of Azure Blob Storage (Azure Storage REST API Reference, version 2021-12-02).
package struct AzureBlobs: BlobStore {
    /// The URL of the container, without a slash at its end.
    private let base: String
    /// What all names begin with.
    private let prefix: String
    private let credentials: AzureCredentials
    private let requests: BlobRequests
    private let blockSize: Int

    /// Bytes of a block where nobody says otherwise.
    package static let usualBlockSize = 8 << 20
    private static let blockLimit = 50_000
    private static let version = "2021-12-02"

    init(
        base: String, prefix: String, credentials: AzureCredentials, requests: BlobRequests,
        blockSize: Int = usualBlockSize
    ) {
        self.base = base
        self.prefix = prefix
        self.credentials = credentials
        self.requests = requests
        self.blockSize = blockSize
    }

    // MARK: - Requests

    /// - Parameter name: `nil` for the container.
    private func request(
        _ method: Method, _ name: String?, query: [(String, String)] = [], headers: Headers = [:],
        body: ClientRequest.Body = .empty, length: Int = 0
    ) throws(BlobError) -> ClientRequest {
        var text = base
        if let name { text += "/" + PercentEncoding.encode(name, keeping: "/") }
        var parameters = query.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }
        if case .sharedAccess(let token) = credentials { parameters.append(token) }
        if !parameters.isEmpty { text += "?" + parameters.joined(separator: "&") }
        let url: HTTPURL
        do { url = try HTTPURL(text) } catch {
            // The text may have a signature.
            throw .malformed(method: method.rawValue, url: base, problem: "\(error.problem)")
        }
        var request = ClientRequest(method, url, headers: headers, body: body)
        request.headers.set("x-ms-version", Self.version)
        request.headers.set("x-ms-date", HTTPDate.format(secondsSince1970: Int64(time(nil))))
        if case .sharedKey(let signature) = credentials { signature.sign(&request, length: length) }
        return request
    }

    // MARK: - Writing

    package func put(_ name: String, _ content: BlobContent, replacing: Bool) throws(BlobError) -> Bool {
        if content.size <= blockSize { return try putWhole(prefix + name, content, replacing: replacing) }
        // Asked before, and not only in the end: the blocks of what is there need not be sent.
        if !replacing, try size(of: name) == content.size { return false }
        return try putBlocks(prefix + name, content, replacing: replacing)
    }

    private func putWhole(_ name: String, _ content: BlobContent, replacing: Bool) throws(BlobError) -> Bool {
        var headers: Headers = ["x-ms-blob-type": "BlockBlob"]
        if !replacing { headers.set("If-None-Match", "*") }
        return try isWritten(replacing) { () throws(BlobError) in
            try request(.put, name, headers: headers, body: content.body(0..<content.size), length: content.size)
        }
    }

    private func putBlocks(_ name: String, _ content: BlobContent, replacing: Bool) throws(BlobError) -> Bool {
        var blocks: [String] = []
        for range in content.parts(of: blockSize, limit: Self.blockLimit) {
            // All names of a blob's blocks have one length. Whoever writes the same content writes the same blocks.
            let block = Base64.encode("\(content.digest.hex.prefix(16))-\(CivilTime.padded(blocks.count, 5))".utf8)
            _ = try requests.send(accepting: [201]) { () throws(BlobError) in
                try request(
                    .put, name, query: [("comp", "block"), ("blockid", block)], body: content.body(range),
                    length: range.count)
            }
            blocks.append(block)
        }
        let list = blocks.map { "<Latest>\($0)</Latest>" }.joined()
        let body = Array("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>\(list)</BlockList>".utf8)
        return try isWritten(replacing) { () throws(BlobError) in
            try request(
                .put, name, query: [("comp", "blocklist")], headers: replacing ? [:] : ["If-None-Match": "*"],
                body: .bytes(body), length: body.count)
        }
    }

    /// Whether a blob was written; `false` where there is one.
    private func isWritten(
        _ replacing: Bool, _ make: () throws(BlobError) -> ClientRequest
    ) throws(BlobError) -> Bool {
        do throws(BlobError) {
            return try requests.send(accepting: replacing ? [201] : [201, 412], make).status == .created
        } catch {
            if case .refused(_, _, .conflict, "BlobAlreadyExists"?, _, _) = error, !replacing { return false }
            throw error
        }
    }

    // MARK: - Reading

    package func size(of name: String) throws(BlobError) -> Int? {
        try requests.size { () throws(BlobError) in try request(.head, prefix + name) }
    }

    package func read(
        _ name: String, _ range: Range<Int>?, _ receive: (UnsafeRawBufferPointer) throws(BlobError) -> Void
    ) throws(BlobError) {
        try requests.read(isPart: range != nil, receive) { (received) throws(BlobError) in
            try request(.get, prefix + name, headers: BlobRange.headers("x-ms-range", range, received: received))
        }
    }

    // MARK: - Housekeeping

    package func remove(_ name: String) throws(BlobError) {
        _ = try requests.send(accepting: [202, 404]) { () throws(BlobError) in
            try request(.delete, prefix + name)
        }
    }

    package func list(_ names: String, page: String?) throws(BlobError) -> BlobPage {
        let answer = try requests.send(accepting: [200]) { () throws(BlobError) in
            var query = [("restype", "container"), ("comp", "list"), ("prefix", prefix + names)]
            if let page { query.append(("marker", page)) }
            return try request(.get, nil, query: query)
        }
        let document = try answer.document()
        var entries: [BlobPage.Entry] = []
        for blob in document["Blobs"]?.all("Blob") ?? [] {
            guard let name = blob["Name"]?.text, name.hasPrefix(prefix),
                let size = blob["Properties"]?["Content-Length"].flatMap({ Int($0.text) })
            else { throw answer.malformed("an entry lacks its name or its size") }
            entries.append(BlobPage.Entry(name: String(name.dropFirst(prefix.count)), size: size))
        }
        let next = document["NextMarker"]?.text ?? ""
        return BlobPage(entries: entries, next: next.isEmpty ? nil : next)
    }
}
