import TOML
import TestSupport
import Testing

import Bindle

/// The table of `InvoiceRule`, each of whose rules is broken once.
@Suite("Invoices that are odd")
struct InvoiceRuleTests {
    /// What breaks a rule.
    private static func odd(_ rule: InvoiceRule) throws -> Invoice {
        var invoice = try Samples.invoice("app/1.0.0", "one", "two")
        invoice.groups = [Group(name: "a"), Group(name: "b")]
        switch rule {
        case .otherBindleVersion: invoice.bindleVersion = "1.1.0"
        case .unnamedGroup: invoice.groups[0].name = ""
        case .repeatedGroup: invoice.groups[1].name = "a"
        case .undeclaredGroup: invoice.parcels[0].conditions = Conditions(memberOf: ["c"], requires: ["d"])
        case .circularGroups:
            invoice.parcels[0].conditions = Conditions(memberOf: ["a"], requires: ["b"])
            invoice.parcels[1].conditions = Conditions(memberOf: ["b"], requires: ["a"])
        case .otherSatisfaction: invoice.groups[0].satisfiedBy = .other("anyOf")
        case .unnamedParcel: invoice.parcels[0].label.name = ""
        case .malformedDigest: invoice.parcels[0].label.sha256 = invoice.parcels[0].label.sha256.uppercased()
        case .negativeSize: invoice.parcels[0].label.size = -1
        case .contradictorySizes:
            invoice.parcels[1].label.sha256 = invoice.parcels[0].label.sha256
            invoice.parcels[1].label.size = 7
        }
        return invoice
    }

    @Test("are taken, taken with a warning, or refused, as the table says", arguments: InvoiceRule.allCases)
    func table(rule: InvoiceRule) throws {
        let invoice = try Self.odd(rule)
        #expect(Set(invoice.oddities.map(\.rule)) == [rule])
        #expect(invoice.warnings.isEmpty == (rule.verdict != .warned))
        let server = try RunningServer(.immutable)
        let answer = try server.post("/_i", invoice.toml)
        guard rule.verdict != .refused else {
            #expect(answer.status == 400)
            return
        }
        #expect(answer.status == 202)
        // As it was written, and so that signatures hold.
        #expect(try server.get("/_i/app/1.0.0").text == invoice.toml)
        let json = try server.get("/_i/app/1.0.0", headers: ["Accept": "application/json"])
        #expect(try Invoice(json.bytes, as: .json, validating: false) == invoice)
        #expect(try server.get("/_q?q=app").document()["total"]?.integer == 1)
    }

    @Test("are read, whatever is odd about them", arguments: InvoiceRule.allCases)
    func areRead(rule: InvoiceRule) throws {
        let invoice = try Self.odd(rule)
        // No document has a negative size: that is a matter of its shape.
        guard rule != .negativeSize else { return }
        #expect(try Invoice(toml: invoice.toml, validating: false) == invoice)
    }

    @Test(
        "by a digest that has other digits, or another number of them, are refused", arguments: ["ab", "../../x", ""])
    func digests(digest: String) throws {
        var invoice = try Samples.invoice("app/1.0.0", "one")
        invoice.parcels[0].label.sha256 = digest
        #expect(invoice.oddities.map(\.rule) == [.malformedDigest])
        #expect(throws: InvoiceProblem.self) { try invoice.validate() }
    }

    @Test(
        "by their names are taken, served and found",
        arguments: ["a b", "a+b", "a~b", "a:b", "a%b", "a!b", "a?b", "é=(1)"])
    func names(name: String) throws {
        let server = try RunningServer(.immutable)
        let client = try BindleClient(baseURL: server.url)
        let invoice = try Samples.invoice("\(name)/1.0.0", "one")
        try client.push(invoice) { _ in .bytes(Array("one".utf8)) }
        #expect(try client.invoice(invoice.id) == invoice)
        #expect(try client.parcel(invoice.parcels[0].label, of: invoice.id) == Array("one".utf8))
        #expect(try client.find(BindleQuery(terms: name, isStrict: true)).invoices == [invoice])
        #expect(try client.missingParcels(of: invoice.id).isEmpty)
        #expect(try client.delete(invoice.id) == "invoice yanked")
    }

    @Test("do not lead out of the directory that they are written to") func fileNames() throws {
        let directory = try TemporaryDirectory()
        var invoice = try Samples.invoice("app/1.0.0", "one")
        invoice.parcels[0].label.sha256 = "../../escaped"
        #expect(throws: InvoiceProblem.self) {
            try StandaloneBindle.write(invoice, in: directory.path) { _, receive in
                try [UInt8]().withUnsafeBytes { try receive($0) }
            }
        }
        // Digests in capitals are odd, and harm nothing.
        invoice.parcels[0].label.sha256 = Samples.digest("one").uppercased()
        let bindle = try StandaloneBindle.write(invoice, in: directory.path, where: { _ in false }) { _, _ in }
        #expect(try StandaloneBindle(at: bindle.directory).invoice == invoice)
    }
}
