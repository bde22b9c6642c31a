import Cryptography
import HTTP
import Platform
import Testing

@testable import BlobStorage

@Suite("Signatures of requests")
struct SignatureTests {
    /// "Examples: Signature Calculations in AWS Signature Version 4" in the Amazon S3 API Reference.
    static let example = SignatureVersion4(
        credentials: AWSCredentials(
            accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        region: "us-east-1")
    /// 2013-05-24, midnight.
    static let time: Int64 = 1_369_353_600

    @Test(
        "by version 4 are those of AWS's examples",
        arguments: [
            (
                "GET", "/test.txt", ["Range": "bytes=0-9"], "",
                "host;range;x-amz-content-sha256;x-amz-date",
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
            ),
            (
                "PUT", "/test%24file.text",
                ["Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"],
                "Welcome to Amazon S3.", "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
            ),
            (
                "GET", "/?lifecycle", [:], "", "host;x-amz-content-sha256;x-amz-date",
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
            ),
            (
                "GET", "/?prefix=J&max-keys=2", [:], "", "host;x-amz-content-sha256;x-amz-date",
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
            ),
        ] as [(String, String, [String: String], String, String, String)])
    func version4(
        method: String, target: String, headers: [String: String], body: String, names: String, code: String
    ) throws {
        var request = ClientRequest(
            Method(rawValue: method), try HTTPURL("https://examplebucket.s3.amazonaws.com" + target))
        for (name, value) in headers { request.headers.set(name, value) }
        Self.example.sign(&request, bodyDigest: SHA256.hash(body.utf8), at: Self.time)
        #expect(
            request.headers["Authorization"]
                == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                + "SignedHeaders=\(names), Signature=\(code)")
    }

    @Test("by version 4 take the key of the day from that of AWS's example")
    func signingKey() {
        let signature = SignatureVersion4(
            credentials: AWSCredentials(accessKey: "", secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1", service: "iam")
        let key = signature.signingKey(day: "20120215")
        #expect(SHA256Digest(bytes: key)?.hex == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d")
    }

    /// Made by azure-storage-blob 12.31.1.
    @Test(
        "by shared key are those of the official client",
        arguments: [
            (
                "PUT",
                "https://devstoreaccount1.blob.core.windows.net/parcels/a/b%20c?comp=block&blockid=QUJD%2BQ%3D%3D",
                ["If-None-Match": "*", "x-ms-blob-type": "BlockBlob"], 11,
                "BooA3ev+xhxGkFZZwRF1gQ9R+q560AysjprYIicb+8E="
            ),
            (
                "GET",
                "https://devstoreaccount1.blob.core.windows.net/parcels?restype=container&comp=list&prefix=sha256%2F",
                [:], 0, "cCsUugKpiAl1B7clrBGL6c9yE59/wXxDqAjhUJd8jrE="
            ),
            (
                "GET", "http://127.0.0.1:10000/devstoreaccount1/parcels/x", ["x-ms-range": "bytes=0-9"], 0,
                "hKQ4zAcUdYphZ6u/Vt1AVUstnhsw6Ses3rj54I76JMM="
            ),
        ] as [(String, String, [String: String], Int, String)])
    func sharedKey(method: String, url: String, headers: [String: String], length: Int, code: String) throws {
        let key =
            "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
        let signature = SharedKeySignature(account: "devstoreaccount1", key: try #require(Base64.decode(key)))
        var request = ClientRequest(Method(rawValue: method), try HTTPURL(url))
        for (name, value) in headers { request.headers.set(name, value) }
        request.headers.set("x-ms-version", "2021-12-02")
        request.headers.set("x-ms-date", "Fri, 26 Jun 2026 12:00:00 GMT")
        signature.sign(&request, length: length)
        #expect(request.headers["Authorization"] == "SharedKey devstoreaccount1:\(code)")
    }
}
