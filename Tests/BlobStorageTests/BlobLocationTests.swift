import Foundation
import TestSupport
import Testing

@testable import BlobStorage

@Suite("Places of blobs")
struct BlobLocationTests {
    @Test(
        "are read as people write them, and written so",
        arguments: [
            ("s3://bucket", "", "s3://bucket"), ("s3://bucket/", "", "s3://bucket"),
            ("s3://my.bucket/a/b/", "a/b/", "s3://my.bucket/a/b"),
            ("az://account/container", "", "az://account/container"),
            ("az://account/container/team x", nil, nil),
            ("az://account/container/team", "team/", "az://account/container/team"),
        ] as [(String, String?, String?)])
    func reading(text: String, prefix: String?, written: String?) {
        let location = try? BlobLocation(parsing: text)
        #expect(location?.prefix == prefix)
        #expect(location?.description == written)
    }

    @Test(
        "that make no sense are refused with what is wrong",
        arguments: ["s3://", "s3:///x", "s3://a//b", "s3://a/../b", "az://account", "gs://bucket", "bucket"])
    func refusal(text: String) {
        #expect(throws: BlobLocationError.self) { try BlobLocation(parsing: text) }
    }

    @Test(
        "of S3 stand in the host's name or in the path",
        arguments: [
            ("bucket", nil, "https://bucket.s3.eu-west-1.amazonaws.com"),
            ("my.bucket", nil, "https://s3.eu-west-1.amazonaws.com/my.bucket"),
            ("bucket", "http://127.0.0.1:9000/", "http://127.0.0.1:9000/bucket"),
            ("bucket", "https://{bucket}.s3.example.com", "https://bucket.s3.example.com"),
        ] as [(String, String?, String)])
    func styles(bucket: String, endpoint: String?, base: String) throws {
        #expect(try BlobLocation.base(bucket, endpoint: endpoint, region: "eu-west-1") == base)
    }

    @Test("take credentials from AWS's variables, and else from its files, as a pair of one place")
    func awsSettings() throws {
        let directory = try TemporaryDirectory()
        try directory.write(
            """
            # comment
            [default]
            aws_access_key_id = DEFAULT
            aws_secret_access_key = default/secret+=
            [work]
            aws_access_key_id=WORK
            aws_secret_access_key=work-secret
            aws_session_token=work-token
            """, to: ".aws/credentials")
        try directory.write(
            """
            [default]
            region = eu-central-1
            s3 =
              addressing_style = path
              region = not-this
            [profile work]
            region = us-west-2
            endpoint_url = http://work.example:9000
            [profile other]
            aws_access_key_id = OTHER
            aws_secret_access_key = other-secret
            """, to: ".aws/config")
        let home = ["HOME": directory.path]
        let plain = AWSSettings(environment: home)
        #expect(plain.credentials == AWSCredentials(accessKey: "DEFAULT", secretKey: "default/secret+="))
        #expect(plain.region == "eu-central-1" && plain.endpoint == nil)
        let work = AWSSettings(environment: home.merging(["AWS_PROFILE": "work"]) { $1 })
        #expect(
            work.credentials
                == AWSCredentials(accessKey: "WORK", secretKey: "work-secret", sessionToken: "work-token"))
        #expect(work.region == "us-west-2" && work.endpoint == "http://work.example:9000")
        #expect(
            AWSSettings(environment: home.merging(["AWS_PROFILE": "other"]) { $1 }).credentials?.accessKey == "OTHER")
        #expect(AWSSettings(environment: home.merging(["AWS_PROFILE": "none"]) { $1 }).credentials == nil)
        let half = home.merging(["AWS_ACCESS_KEY_ID": "HALF", "AWS_REGION": "x-1"]) { $1 }
        #expect(AWSSettings(environment: half).credentials?.accessKey == "DEFAULT")
        #expect(AWSSettings(environment: half).region == "x-1")
        let whole = half.merging(["AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": ""]) { $1 }
        #expect(AWSSettings(environment: whole).credentials == AWSCredentials(accessKey: "HALF", secretKey: "s"))
    }

    @Test("take new credentials from AWS's files, and keep the ones they have while there are none")
    func renewedCredentials() throws {
        let directory = try TemporaryDirectory()
        func write(_ key: String?) throws {
            let text = key.map { "[default]\naws_access_key_id = \($0)\naws_secret_access_key = s" } ?? ""
            try directory.write(text, to: ".aws/credentials")
        }
        try write("ONE")
        let environment = ["HOME": directory.path]
        let credentials = try #require(AWSSettings(environment: environment).credentials)
        let signer = S3Signer(
            SignatureVersion4(credentials: credentials, region: "x"), environment: environment, interval: .zero)
        for (written, expected) in [("ONE", "ONE"), ("TWO", "TWO"), (nil, "TWO"), ("THREE", "THREE")] {
            try write(written)
            #expect(signer.signature.credentials.accessKey == expected)
        }
    }

    @Test("take credentials from Azure's variables, those of the account that is meant")
    func azureSettings() throws {
        let text = "DefaultEndpointsProtocol=https;AccountName=one;AccountKey=a2V5==;EndpointSuffix=core.example"
        let connection = ["AZURE_STORAGE_CONNECTION_STRING": text.replacing("==", with: "")]
        let one = try AzureSettings(account: "one", environment: connection)
        #expect(one.endpoint == "https://one.blob.core.example")
        #expect(one.credentials == .sharedKey(SharedKeySignature(account: "one", key: Array("key".utf8))))
        #expect(try AzureSettings(account: "two", environment: connection).credentials == nil)
        let token = ["AZURE_STORAGE_SAS_TOKEN": "?sv=1&sig=x"]
        #expect(try AzureSettings(account: "one", environment: token).credentials == .sharedAccess("sv=1&sig=x"))
        let other = token.merging(["AZURE_STORAGE_ACCOUNT": "two"]) { $1 }
        #expect(try AzureSettings(account: "one", environment: other).credentials == nil)
        #expect(throws: BlobLocationError.self) {
            try AzureSettings(account: "one", environment: ["AZURE_STORAGE_KEY": "no base64"])
        }
    }

    @Test("without credentials say which variables to set", arguments: ["s3://bucket", "az://account/container"])
    func noCredentials(text: String) throws {
        let error = #expect(throws: BlobLocationError.self) {
            try BlobLocation(parsing: text).open(environment: [:])
        }
        #expect(error?.description.contains(text.hasPrefix("s3") ? "AWS_ACCESS_KEY_ID" : "AZURE_STORAGE_KEY") == true)
    }
}

@Suite("XML answers")
struct XMLElementTests {
    @Test("are read with their texts, whatever stands around them")
    func reading() throws {
        let text = """
            \u{FEFF}<?xml version="1.0"?><!-- a --><List xmlns="x"><Key>a&amp;b&#x2F;&#99; <![CDATA[<d>]]></Key>
            <Empty/><Key
            >2</Key></List>
            """
        let element = try #require(XMLElement(parsing: Array(text.utf8)))
        #expect(element.name == "List")
        #expect(element.all("Key").map(\.text) == ["a&b/c <d>", "2"])
        #expect(element["Empty"]?.text == "")
        #expect(element["None"] == nil)
    }

    @Test(
        "that are none are refused, and so is what would grow",
        arguments: [
            "", "<a>", "<a></b>", "<a/><b/>", "text", "<a>&none;</a>", "<a>&#xD800;</a>", "< a/>",
            "<a><!DOCTYPE x></a>",
            "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", String(repeating: "<a>", count: 100_000),
        ])
    func refusal(text: String) {
        #expect(XMLElement(parsing: Array(text.utf8)) == nil)
    }
}
