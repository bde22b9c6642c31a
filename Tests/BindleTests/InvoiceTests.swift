import Foundation
import TestSupport
import TOML
import Testing

import Bindle

/// A valid invoice with everything that an invoice can have.
let fullInvoice = """
    bindleVersion = "1.0.0"

    [bindle]
    name = "enterprise.com/warpcore"
    version = "1.0.0-rc.1"
    description = "Warp core components"
    authors = ["Geordi La Forge <mycoolvisor@ufp.com>"]

    [annotations]
    location = "main"

    [[parcel]]

    [parcel.label]
    sha256 = "23f310b54076878fd4c36f0c60ec92011a8b406349b98dd37d08577d17397de5"
    mediaType = "text/plain"
    name = "isolinear_chip.txt"
    size = 9
    origin = "Utopia Planitia"

    [parcel.label.annotations]
    colour = "blue"

    [parcel.label.feature.wagi]
    file = "true"

    [parcel.conditions]
    memberOf = ["chips"]
    requires = ["power"]

    [[group]]
    name = "chips"

    [[group]]
    name = "power"
    required = true
    satisfiedBy = "oneOf"

    [[signature]]
    by = "Starfleet Command <starfleet@ufp.com>"
    signature = "not checked here"
    key = "nor this"
    role = "creator"
    at = 1643928286

    """

@Suite("Invoices")
struct InvoiceTests {
    @Test("are read field by field") func areReadFieldByField() throws {
        let invoice = try Invoice(toml: fullInvoice)
        #expect(invoice.id.description == "enterprise.com/warpcore/1.0.0-rc.1")
        #expect(invoice.bindle.authors == ["Geordi La Forge <mycoolvisor@ufp.com>"])
        #expect(invoice.annotations == ["location": "main"])
        let parcel = try #require(invoice.parcels.first)
        #expect(parcel.label.size == 9)
        #expect(parcel.label.feature == ["wagi": ["file": "true"]])
        #expect(parcel.memberOf == ["chips"] && parcel.requires == ["power"])
        #expect(invoice.groups[1] == Group(name: "power", isRequired: true, satisfiedBy: .oneOf))
        #expect(invoice.signatures.map(\.role) == [.creator])
        #expect(!invoice.isYanked)
    }

    @Test("are written as the reference documents show") func areWrittenAsTheReferenceDocumentsShow() throws {
        #expect(try Invoice(toml: fullInvoice).toml == fullInvoice)
    }

    @Test("mean the same in TOML and in JSON") func meanTheSameInTOMLAndInJSON() throws {
        var invoice = try Invoice(toml: fullInvoice)
        invoice.isYanked = true
        invoice.yankedSignatures = invoice.signatures
        for encoding in DocumentEncoding.allCases {
            #expect(try Invoice(invoice.encoded(as: encoding), as: encoding) == invoice)
        }
    }

    @Test("in JSON are what Foundation reads") func inJSONAreWhatFoundationReads() throws {
        let json = Data(try Invoice(toml: fullInvoice).encoded(as: .json))
        let root = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(root["bindleVersion"] as? String == "1.0.0")
        let parcels = try #require(root["parcel"] as? [[String: Any]])
        #expect((parcels[0]["label"] as? [String: Any])?["size"] as? Int == 9)
    }

    @Test(
        "that are wrong are refused with the place",
        arguments: [
            ("[bindle]", "[bindle]\ncolour = \"red\"", 4, "bindle.colour: unknown key 'colour'"),
            ("size = 9", "size = \"9\"", 18, "an integer is wanted here, not a string"),
            ("size = 9", "size = -9", 18, "-9 is negative"),
            ("size = 9\n", "", 14, "the key 'size' is missing"),
            ("\"1.0.0-rc.1\"", "\"1.0\"", 5, "Version 1.0 is not a valid semantic version (e.g. 1.2.3)"),
            ("\"enterprise.com/warpcore\"", "\"warp@core\"", 4, "'warp@core' is not a bindle's name"),
            ("23f310b5", "23F310B5", 15, "is not a SHA-256 digest"),
            ("role = \"creator\"", "role = \"king\"", 43, "'king' is not one of creator, proxy, host, approver"),
        ])
    func thatAreWrongAreRefusedWithThePlace(
        text: String, replacement: String, line: Int, message: String
    ) throws {
        let wrong = fullInvoice.replacingOccurrences(of: text, with: replacement)
        let error = try #require(throws: InvoiceError.self) { try Invoice(toml: wrong) }
        #expect(error.position?.line == line)
        #expect(error.message.contains(message), "\(error)")
    }

    @Test("whose groups require each other are told of, however long the circle")
    func whoseGroupsRequireEachOtherAreToldOfHoweverLongTheCircle() throws {
        let count = 5_000
        let label = Label(sha256: String(repeating: "a", count: 64), mediaType: "text/plain", name: "x", size: 1)
        var invoice = Invoice(bindle: .init(id: try BindleID("circle/1.0.0")))
        invoice.groups = (0..<count).map { Group(name: "g\($0)") }
        invoice.parcels = ParcelList(
            (0..<count - 1).map {
                Parcel(label: label, conditions: Conditions(memberOf: ["g\($0)"], requires: ["g\($0 + 1)"]))
            })
        #expect(invoice.oddities.isEmpty)
        invoice.parcels.append(
            Parcel(label: label, conditions: Conditions(memberOf: ["g\(count - 1)"], requires: ["g0"])))
        #expect(invoice.oddities.map(\.rule) == [.circularGroups])
    }

    @Test(
        "in JSON that are wrong are refused with the place",
        arguments: [
            (
                #"{"bindleVersion": "1.0.0", "bindle": {"name": "a", "version": "1.0.0"}, "x": 1}"#, "unknown key 'x'",
                78
            ),
            (#"{"bindleVersion": "1.0.0" "bindle": 1}"#, "',' or '}' is expected here", 27),
            (#"{"bindleVersion": "1.0.0", "bindleVersion": "1.0.0"}"#, "the key 'bindleVersion' occurs twice", 28),
            (#"{"bindleVersion": 01}"#, "',' or '}' is expected here", 20),
            (#"["bindleVersion"]"#, "the document is not an object", 1),
            (#"{"bindleVersion": "\ud800"}"#, "half of a surrogate pair", 20),
            (
                #"{"bindleVersion": "1.0.0", "bindle": {"name": "a", "version": "1.0.0"}} x"#,
                "more text after the end", 73
            ),
        ])
    func inJSONThatAreWrongAreRefusedWithThePlace(text: String, message: String, column: Int) throws {
        let error = try #require(throws: InvoiceError.self) { try Invoice(Array(text.utf8), as: .json) }
        #expect(error.message.contains(message), "\(error)")
        #expect(error.position?.column == column)
    }

    @Test("in JSON are not read deeper than any thread's stack") func inJSONAreNotReadDeeperThanAnyThreadsStack() {
        let text = String(repeating: #"{"a":"#, count: 100_000)
        #expect(throws: InvoiceError.self) { try Invoice(Array(text.utf8), as: .json) }
    }

    @Test("Reading a valid invoice makes no error and counts no place", arguments: DocumentEncoding.allCases)
    func errorsAreMadeWhenWanted(encoding: DocumentEncoding) throws {
        let bytes = try Invoice(toml: fullInvoice).encoded(as: encoding)
        let count = ErrorCount()
        let (table, invoice) = try ErrorCount.$current.withValue(count) {
            (try encoding.decode(bytes), try Invoice(bytes, as: encoding))
        }
        #expect(count.value == 0)
        #expect(try Invoice(toml: fullInvoice) == invoice)
        #expect(encoding == .toml || table["parcel"]?.position == nil)
        _ = try? ErrorCount.$current.withValue(count) { try Invoice(bytes.dropLast(20) + [0x22], as: encoding) }
        #expect(count.value > 0)
    }

    @Test("A wrong value of a long JSON document is found on its line and in its column")
    func placeInJSON() throws {
        let invoice = try Invoice(toml: fullInvoice)
        let text = String(decoding: invoice.encoded(as: .json), as: UTF8.self)
            .replacingOccurrences(of: "\"parcel\":", with: "\n  \"parcel\" : ")
            .replacingOccurrences(of: "\"size\":9", with: "\n \"size\":\"9\"")
        let error = try #require(throws: InvoiceError.self) { try Invoice(Array(text.utf8), as: .json) }
        #expect(error.position == SourcePosition(line: 3, column: 9))
        #expect(error.message == "parcel[0].label.size: an integer is wanted here, not a string")
    }

    @Test("in JSON may have members that are null") func inJSONMayHaveMembersThatAreNull() throws {
        let text = #"{"bindleVersion":"1.0.0","yanked":null,"bindle":{"name":"a","version":"1.0.0","authors":null}}"#
        #expect(try Invoice(Array(text.utf8), as: .json).id.description == "a/1.0.0")
    }
}

@Suite(
    "The reference implementation's invoices",
    .enabled(if: TestData.isAvailable, Comment(rawValue: TestData.absence)))
struct ReferenceInvoiceTests {
    private func text(_ path: String) throws -> [UInt8] {
        let directory = try #require(TestData.directory)
        return Array(try Data(contentsOf: directory.appendingPathComponent("bindle/\(path)")))
    }

    @Test(
        "are read, though their digests are made up",
        arguments: [("simple-invoice.toml", 3), ("alt-format-invoice.toml", 3), ("full-invoice.toml", 4)])
    func areReadThoughTheirDigestsAreMadeUp(file: String, parcelCount: Int) throws {
        let invoice = try Invoice(text(file), as: .toml, validating: false)
        #expect(invoice.id.description == "mybindle/0.1.0")
        #expect(invoice.parcels.count == parcelCount)
        #expect(try Invoice(toml: invoice.toml, validating: false) == invoice)
        let error = try #require(throws: InvoiceError.self) { try Invoice(text(file), as: .toml) }
        #expect(error.message.contains("is not a SHA-256 digest"))
    }

    @Test("of a standalone bindle keep their signature") func ofAStandaloneBindleKeepTheirSignature() throws {
        let invoice = try Invoice(
            text("standalone/1927aefa8fdc8327499e918300e2e49ecb271321530cc5881fcd069ca8372dcd/invoice.toml"), as: .toml)
        #expect(invoice.id.digest.hex == "1927aefa8fdc8327499e918300e2e49ecb271321530cc5881fcd069ca8372dcd")
        let signature = try #require(invoice.signatures.first)
        #expect(signature.by == "Starfleet Command <starfleet@ufp.com>")
        #expect(signature.at == 1_643_928_286)
    }
}
