package import Platform
import HTTP

/// Where blobs are, as people write it: `s3://BUCKET/PREFIX` or `az://ACCOUNT/CONTAINER/PREFIX`, and the address of the
/// service where that is not the usual one. It has no secrets.
package struct BlobLocation: Hashable, Sendable, CustomStringConvertible {
    package enum Place: Hashable, Sendable {
        case s3(bucket: String)
        case azure(account: String, container: String)
    }

    package let place: Place
    /// What the names of all blobs begin with: empty, or with a slash at its end.
    package let prefix: String
    /// A URL, without a slash at its end. For S3, `{bucket}` in its host stands for the bucket; without, the bucket is the
    /// first part of the path. For Azure, what stands before the container.
    package let endpoint: String?

    package init(parsing text: String, endpoint: String? = nil) throws(BlobLocationError) {
        guard let mark = text.firstRange(of: "://") else {
            throw BlobLocationError("'\(text)' is no place like s3://BUCKET/PREFIX or az://ACCOUNT/CONTAINER")
        }
        var parts = text[mark.upperBound...].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.last == "" { parts.removeLast() }
        guard
            parts.allSatisfy({
                !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
            })
        else { throw BlobLocationError("'\(text)' has a part that is empty, or no name") }
        switch text[..<mark.lowerBound] {
        case "s3":
            guard let bucket = parts.first, Self.isName(bucket, "-._") else {
                throw BlobLocationError("'\(text)' names no bucket: write s3://BUCKET or s3://BUCKET/PREFIX")
            }
            place = .s3(bucket: bucket)
            parts.removeFirst()
        case "az":
            guard parts.count >= 2, Self.isName(parts[0], "-"), Self.isName(parts[1], "-$") else {
                throw BlobLocationError("'\(text)' names no account and container: write az://ACCOUNT/CONTAINER")
            }
            place = .azure(account: parts[0], container: parts[1])
            parts.removeFirst(2)
        case let scheme:
            throw BlobLocationError("'\(scheme)' is no kind of blob store: s3 and az are")
        }
        prefix = parts.map { $0 + "/" }.joined()
        guard var endpoint else {
            self.endpoint = nil
            return
        }
        while endpoint.hasSuffix("/") { endpoint.removeLast() }
        do { _ = try HTTPURL(endpoint.replacing("{bucket}", with: "bucket")) } catch {
            throw BlobLocationError("the endpoint is an \(error)")
        }
        self.endpoint = endpoint
    }

    /// The address of the service, where it is one of another machine that somebody has named: credentials go there, and who
    /// may name it is to be the user, not a file that came with a project.
    package var foreignEndpoint: String? {
        guard let endpoint, let url = try? HTTPURL(endpoint.replacing("{bucket}", with: "bucket")),
            !ProxySettings.isLoopback(url.host)
        else { return nil }
        return endpoint
    }

    private static func isName(_ text: String, _ marks: String) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || marks.contains($0)) }
    }

    package var description: String {
        let prefix = prefix.dropLast()
        let tail = prefix.isEmpty ? "" : "/\(prefix)"
        return switch place {
        case .s3(let bucket): "s3://\(bucket)\(tail)"
        case .azure(let account, let container): "az://\(account)/\(container)\(tail)"
        }
    }

    // MARK: - Opening

    /// The blobs there, by the credentials that the service's own tools would take from variables and files. The service is
    /// not asked yet.
    /// - Parameters:
    ///   - cancellation: When to give up what is under way, with `BlobError.cancelled`.
    /// - Throws: `BlobLocationError` where there are no credentials.
    package func open(
        environment: [String: String], retry: BlobRetry = BlobRetry(),
        cancellation: Platform.Cancellation = Platform.Cancellation()
    ) throws(BlobLocationError) -> any BlobStore {
        try open(environment: environment, retry: retry, cancellation: cancellation, partSize: nil)
    }

    /// - Parameter partSize: Bytes of the parts in which larger blobs are written.
    func open(
        environment: [String: String], retry: BlobRetry, cancellation: Platform.Cancellation, partSize: Int?
    ) throws(BlobLocationError) -> any BlobStore {
        switch place {
        case .s3(let bucket):
            let settings = AWSSettings(environment: environment)
            guard let credentials = settings.credentials else {
                throw BlobLocationError(
                    "there are no credentials for \(self): set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the "
                        + "profile '\(settings.profile)' a pair in ~/.aws/credentials")
            }
            let base = try Self.base(bucket, endpoint: endpoint ?? settings.endpoint, region: settings.region)
            return S3Blobs(
                base: base, prefix: prefix,
                signer: S3Signer(
                    SignatureVersion4(credentials: credentials, region: settings.region), environment: environment),
                requests: BlobRequests(
                    retry: retry, cancellation: cancellation, authorities: settings.authorities),
                partSize: partSize ?? S3Blobs.usualPartSize)
        case .azure(let account, let container):
            let settings = try AzureSettings(account: account, environment: environment)
            guard let credentials = settings.credentials else {
                throw BlobLocationError(
                    "there are no credentials for \(self): set AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or "
                        + "AZURE_STORAGE_CONNECTION_STRING")
            }
            let endpoint = endpoint ?? settings.endpoint ?? "https://\(account).blob.core.windows.net"
            return AzureBlobs(
                base: "\(endpoint.trimmingSlashes)/\(container)", prefix: prefix, credentials: credentials,
                requests: BlobRequests(
                    retry: retry, cancellation: cancellation, authorities: environment["REQUESTS_CA_BUNDLE"]),
                blockSize: partSize ?? AzureBlobs.usualBlockSize)
        }
    }

    /// The URL of a bucket. AWS has buckets in the names of hosts; a name with a dot does not fit its certificates, and such
    /// a bucket stands in the path, as with other services.
    static func base(_ bucket: String, endpoint: String?, region: String) throws(BlobLocationError) -> String {
        if let endpoint {
            return endpoint.contains("{bucket}")
                ? endpoint.trimmingSlashes.replacing("{bucket}", with: bucket) : "\(endpoint.trimmingSlashes)/\(bucket)"
        }
        let host = "s3.\(region).amazonaws.com\(region.hasPrefix("cn-") ? ".cn" : "")"
        return bucket.contains(".") ? "https://\(host)/\(bucket)" : "https://\(bucket).\(host)"
    }
}

/// Why a place of blobs cannot be used.
package struct BlobLocationError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

extension String {
    fileprivate var trimmingSlashes: String {
        var text = self[...]
        while text.hasSuffix("/") { text.removeLast() }
        return String(text)
    }
}
