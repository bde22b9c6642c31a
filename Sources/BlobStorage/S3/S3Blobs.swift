import Cryptography
import HTTP
import Platform

/// Blobs in a bucket of S3, or of a service that speaks like it (Amazon S3 API Reference, 2006-03-01).
package struct S3Blobs: BlobStore {
    /// The URL of the bucket, without a slash at its end.
    private let base: String
    /// What all keys begin with.
    private let prefix: String
    private let signer: S3Signer
    private let requests: BlobRequests
    private let partSize: Int

    /// Bytes of a part where nobody says otherwise: S3 asks for 5 MiB at least.
    package static let usualPartSize = 8 << 20
    private static let partLimit = 10_000

    init(
        base: String, prefix: String, signer: S3Signer, requests: BlobRequests,
        partSize: Int = usualPartSize
    ) {
        self.base = base
        self.prefix = prefix
        self.signer = signer
        self.requests = requests
        self.partSize = partSize
    }

    // MARK: - Requests

    private func request(
        _ method: Method, _ key: String, query: [(String, String)] = [], headers: Headers = [:],
        body: ClientRequest.Body = .empty, digest: SHA256Digest = SHA256.hash([])
    ) throws(BlobError) -> ClientRequest {
        var text = "\(base)/\(PercentEncoding.encode(key, keeping: "/"))"
        if !query.isEmpty {
            text += "?" + query.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        }
        let url: HTTPURL
        do { url = try HTTPURL(text) } catch {
            throw .malformed(method: method.rawValue, url: text, problem: "\(error)")
        }
        var request = ClientRequest(method, url, headers: headers, body: body)
        signer.signature.sign(&request, bodyDigest: digest, at: Int64(time(nil)))
        return request
    }

    // MARK: - Writing

    package func put(_ name: String, _ content: BlobContent, replacing: Bool) throws(BlobError) -> Bool {
        let key = prefix + name
        if content.size <= partSize { return try putWhole(key, content, replacing: replacing) }
        // Asked before, and not only in the end: the parts of what is there need not be sent.
        if !replacing, try size(of: name) == content.size { return false }
        return try putParts(key, content, replacing: replacing)
    }

    private static func condition(_ replacing: Bool) -> Headers { replacing ? [:] : ["If-None-Match": "*"] }

    private func putWhole(_ key: String, _ content: BlobContent, replacing: Bool) throws(BlobError) -> Bool {
        let range = 0..<content.size
        let answer = try requests.send(accepting: replacing ? [200] : [200, 412]) { () throws(BlobError) in
            try request(
                .put, key, headers: Self.condition(replacing), body: content.body(range), digest: content.digest)
        }
        return answer.status == .ok
    }

    private func putParts(_ key: String, _ content: BlobContent, replacing: Bool) throws(BlobError) -> Bool {
        let begun = try requests.send(accepting: [200]) { () throws(BlobError) in
            try request(.post, key, query: [("uploads", "")])
        }
        guard let upload = try begun.document()["UploadId"]?.text, !upload.isEmpty else {
            throw begun.malformed("it names no upload")
        }
        do throws(BlobError) {
            var tags: [String] = []
            for range in content.parts(of: partSize, limit: Self.partLimit) {
                let digest = try content.digest(of: range)
                let answer = try requests.send(accepting: [200]) { () throws(BlobError) in
                    try request(
                        .put, key, query: [("partNumber", "\(tags.count + 1)"), ("uploadId", upload)],
                        body: content.body(range), digest: digest)
                }
                guard let tag = answer.headers["ETag"] else { throw answer.malformed("it names no part") }
                tags.append(tag)
            }
            return try complete(key, upload, tags, replacing: replacing)
        } catch {
            // Parts that belong to nothing cost as much as others. What cannot be given up now, the rules of the bucket
            // may remove.
            _ = try? requests.send(accepting: [204, 404]) { () throws(BlobError) in
                try request(.delete, key, query: [("uploadId", upload)])
            }
            throw error
        }
    }

    private func complete(
        _ key: String, _ upload: String, _ tags: [String], replacing: Bool
    ) throws(BlobError) -> Bool {
        let parts = tags.enumerated().map { part in
            let tag = part.element.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            return "<Part><PartNumber>\(part.offset + 1)</PartNumber><ETag>\(tag)</ETag></Part>"
        }
        let body = Array("<CompleteMultipartUpload>\(parts.joined())</CompleteMultipartUpload>".utf8)
        let answer = try requests.send(accepting: replacing ? [200] : [200, 412]) { () throws(BlobError) in
            try request(
                .post, key, query: [("uploadId", upload)], headers: Self.condition(replacing), body: .bytes(body),
                digest: SHA256.hash(body))
        }
        if answer.status == .preconditionFailed {
            _ = try? requests.send(accepting: [204, 404]) { () throws(BlobError) in
                try request(.delete, key, query: [("uploadId", upload)])
            }
            return false
        }
        // S3 begins its answer before it is done, and may tell of a failure in it.
        let document = try answer.document()
        guard document.name != "Error" else {
            throw .refused(
                method: answer.method, url: answer.url, status: .internalServerError, code: document["Code"]?.text,
                message: document["Message"]?.text, retryAfter: nil)
        }
        return true
    }

    // MARK: - Reading

    package func size(of name: String) throws(BlobError) -> Int? {
        try requests.size { () throws(BlobError) in try request(.head, prefix + name) }
    }

    package func read(
        _ name: String, _ range: Range<Int>?, _ receive: (UnsafeRawBufferPointer) throws(BlobError) -> Void
    ) throws(BlobError) {
        try requests.read(isPart: range != nil, receive) { (received) throws(BlobError) in
            let headers = BlobRange.headers("Range", range, received: received)
            return try request(.get, prefix + name, headers: headers)
        }
    }

    // MARK: - Housekeeping

    package func remove(_ name: String) throws(BlobError) {
        _ = try requests.send(accepting: [200, 204, 404]) { () throws(BlobError) in
            try request(.delete, prefix + name)
        }
    }

    package func list(_ names: String, page: String?) throws(BlobError) -> BlobPage {
        let answer = try requests.send(accepting: [200]) { () throws(BlobError) in
            var query = [("list-type", "2"), ("prefix", prefix + names)]
            if let page { query.append(("continuation-token", page)) }
            return try request(.get, "", query: query)
        }
        let document = try answer.document()
        var entries: [BlobPage.Entry] = []
        for content in document.all("Contents") {
            guard let key = content["Key"]?.text, let size = content["Size"].flatMap({ Int($0.text) }),
                key.hasPrefix(prefix)
            else { throw answer.malformed("an entry lacks its key or its size") }
            entries.append(BlobPage.Entry(name: String(key.dropFirst(prefix.count)), size: size))
        }
        let isCut = document["IsTruncated"]?.text == "true"
        return BlobPage(entries: entries, next: isCut ? document["NextContinuationToken"]?.text : nil)
    }
}
