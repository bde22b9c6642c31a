import Foundation
import HTTP
import TestSupport
import Testing

@testable import Bindle

@Suite("A reference server's directory")
struct ReferenceDirectoryTests {
    private let directory: TemporaryDirectory
    private let store: ReferenceDirectory
    private let key = SecretKey(label: "Host <host>", roles: [.host])

    init() throws {
        directory = try TemporaryDirectory()
        store = ReferenceDirectory(directory.path)
        try store.make()
    }

    /// All that is there, but for directories.
    private var files: [String] {
        get throws {
            try FileManager.default.subpathsOfDirectory(atPath: directory.path).filter { path in
                var isDirectory: ObjCBool = false
                _ = FileManager.default.fileExists(atPath: "\(directory.path)/\(path)", isDirectory: &isDirectory)
                return !isDirectory.boolValue
            }.sorted()
        }
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(directory.path)/\(path)", encoding: .utf8)
    }

    @Test("has a file for each invoice and each parcel, at its place, and no others") func layout() throws {
        let invoice = try store.add("app/1.0.0", "one", "two")
        let path = "invoices/\(invoice.id.digest.hex)/invoice.toml"
        let parcels = ["one", "two"].map { "parcels/\(Samples.digest($0))/parcel.dat" }
        #expect(try files == ([path] + parcels).sorted())
        #expect(try text(parcels[0]) == "one")
        #expect(
            try text(path) == """
                bindleVersion = "1.0.0"

                [bindle]
                name = "app"
                version = "1.0.0"
                authors = ["Ada Lovelace"]

                [[parcel]]
                [parcel.label]
                sha256 = "\(Samples.digest("one"))"
                mediaType = "text/plain"
                name = "file0"
                size = 3

                [[parcel]]
                [parcel.label]
                sha256 = "\(Samples.digest("two"))"
                mediaType = "text/plain"
                name = "file1"
                size = 3

                """)
        try store.yank(invoice.id)
        #expect(try text(path).hasPrefix("bindleVersion = \"1.0.0\"\nyanked = true\n\n[bindle]\n"))
        // As the reference does, for others than the owner too.
        let usual = "\(directory.path)/usual"
        close(open(usual, O_WRONLY | O_CREAT, 0o666))
        let permissions = try ["\(directory.path)/\(path)", usual].map {
            try FileManager.default.attributesOfItem(atPath: $0)[.posixPermissions] as? Int
        }
        #expect(permissions[0] == permissions[1])
        unlink(usual)
        try store.delete(invoice.id)
        #expect(try files == parcels.sorted())
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == ["invoices", "parcels"])
    }

    @Test("has invoices in the words of the reference's own writer, byte by byte") func invoiceText() throws {
        let invoice = try Invoice(Array(Self.ours.utf8), as: .toml, validating: false)
        #expect(String(decoding: ReferenceDocument(invoice).bytes, as: UTF8.self) == Self.theirs)
        // It is the same invoice.
        #expect(try Invoice(Array(Self.theirs.utf8), as: .toml, validating: false) == invoice)
    }

    @Test("has labels with an origin and annotations in an order that the reference reads") func origin() throws {
        var invoice = try Samples.invoice("app/1.0.0", "one")
        invoice.parcels[0].label.origin = "there"
        invoice.parcels[0].label.annotations = ["a": "b"]
        let text = String(decoding: ReferenceDocument(invoice).bytes, as: UTF8.self)
        #expect(text.contains("size = 3\norigin = \"there\"\n\n[parcel.label.annotations]\na = \"b\"\n"))
    }

    @Test("goes on with what the reference has left: a slot without a parcel, and an invoice that is being written")
    func leftovers() throws {
        let invoice = try Samples.invoice("app/1.0.0", "one")
        _ = try store.create(invoice, mode: .immutable)
        // An upload that broke off there leaves its directory, which the reference takes for the parcel from then on.
        try directory.write("on", to: "parcels/\(Samples.digest("one"))/parcel.dat.part")
        #expect(try store.missingParcels(of: invoice.id).count == 1)
        try store.upload("one", to: invoice.id)
        #expect(try store.content("one", of: invoice.id) == "one")
        let other = try Samples.invoice("other/1.0.0")
        try directory.write("bindle", to: "invoices/\(other.id.digest.hex)/invoice.toml.part")
        let error = #expect(throws: StoreError.self) { try store.create(other, mode: .immutable) }
        #expect(error?.description.contains("in use by a server") == true)
        #expect(try store.list().map(\.id) == [invoice.id])
    }

    @Test("never has a directory without an invoice, at which the reference would give up, and loses what a kill left")
    func killed() throws {
        // What this program had under way.
        try directory.write("half", to: ".hippo-dev-1/invoice.toml")
        try store.make()
        #expect(try files == [])
        let staging = try StagingDirectory(in: directory.path)
        try store.make()
        #expect(FileManager.default.fileExists(atPath: staging.path))
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/invoices") == [])
    }

    @Test("has invoices signed as host, since the reference gives them out as they are") func signing() throws {
        let store = ReferenceDirectory(directory.path, hostKey: HostKey(key))
        let invoice = try Samples.invoice("app/1.0.0", "one")
        _ = try store.create(invoice, mode: .development)
        let signed = try store.invoice(of: invoice.id)
        let keyring = Keyring(entries: [key.keyringEntry])
        try VerificationStrategy.multipleAttestationGreedy([.host]).verify(signed, with: keyring)
        // The same invoice again, with the signature or without, changes nothing.
        #expect(try store.create(invoice, mode: .development).effect == .unchanged)
        #expect(try store.create(signed, mode: .development).effect == .unchanged)
        // One that was fetched from somewhere has both signatures.
        var fetched = try Samples.invoice("fetched/1.0.0")
        try fetched.sign(with: SecretKey(label: "Ada", roles: [.creator]), as: .creator, at: 5)
        try store.keep(fetched, replacing: false)
        #expect(try store.invoice(of: fetched.id).signatures.map(\.role) == [.creator, .host])
        // The server does not sign once more.
        let served = try ServedStore(store, mode: .immutable, trust: ServerTrust(hostKey: HostKey(key)))
        #expect(try served.client().invoice(invoice.id) == signed)
    }

    @Test("is written by several servers at the same time") func several() throws {
        let other = ReferenceDirectory(directory.path)
        try other.make()
        let invoice = try store.add("app/1.0.0", "one")
        #expect(throws: StoreError.bindleExists(invoice.id)) { try other.create(invoice, mode: .immutable) }
        try other.yank(invoice.id)
        #expect(try store.stamp(of: invoice.id).isYanked)
    }

    @Test("is refused digests that would lead out of it") func digests() throws {
        var invoice = try Samples.invoice("app/1.0.0", "one")
        invoice.parcels[0].label.sha256 = "../../x"
        let created = invoice
        #expect(throws: StoreError.self) { try store.create(created, mode: .immutable) }
        #expect(try files == [])
    }

    @Test("that cannot be written says so, and is read even so", .enabled(if: getuid() != 0, "root writes everywhere"))
    func readOnly() throws {
        let invoice = try store.add("app/1.0.0", "one")
        try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: directory.path)
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: directory.path) }
        let error = #expect(throws: StoreError.self) { try store.yank(invoice.id) }
        #expect(error?.description.contains("cannot be written") == true)
        #expect(try store.content("one", of: invoice.id) == "one")
    }

    /// What version 0.5.11 of `toml`, the writer of the reference's programs, makes of `ours`.
    private static let theirs = #"""
        bindleVersion = "1.0.0"
        yanked = true

        [[yankedSignature]]
        by = "x"
        signature = "s"
        key = "k"
        role = "host"
        at = 1

        [bindle]
        name = "weather app"
        version = "1.0.0-rc.1+b"
        description = "a \"b\" \\ \t \n\r \b \f \u007F \u0001 \u001F ü 'q'"
        authors = ["a", "b <c>"]

        [annotations]
        Z-_9 = "4"
        "a b" = "1"
        "z.b" = "x"
        "ü" = "3"

        [[parcel]]
        [parcel.label]
        sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        mediaType = "text/plain"
        name = "n"
        size = 5

        [parcel.label.annotations]
        a = "2"
        z = "1"
        [parcel.label.feature.beta]

        [parcel.label.feature.wagi]
        file = "true"
        route = "/"

        [parcel.label.feature.zeta]
        a = "b"

        [parcel.conditions]
        memberOf = ["g", "h"]
        requires = ["i"]

        [[parcel]]
        [parcel.label]
        sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        mediaType = "text/plain"
        name = "n2"
        size = 5
        origin = "file:x"

        [parcel.conditions]
        requires = ["i"]

        [[parcel]]
        [parcel.label]
        sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        mediaType = "text/plain"
        name = "n3"
        size = 5
        [parcel.label.feature.wagi]
        route = "/"

        [[group]]
        name = "g"
        required = true
        satisfiedBy = "allOf"

        [[group]]
        name = "h"

        [[group]]
        name = "i"

        [[signature]]
        by = "me"
        signature = "s="
        key = "k="
        role = "creator"
        at = 12345

        """#

    private static let ours = #"""
        bindleVersion = "1.0.0"
        yanked = true

        [bindle]
        name = "weather app"
        version = "1.0.0-rc.1+b"
        description = "a \"b\" \\ \t \n\r \u0008 \u000c \u007f \u0001 \u001f ü 'q'"
        authors = ["a", "b <c>"]

        [annotations]
        "z.b" = "x"
        "a b" = "1"
        "ü" = "3"
        Z-_9 = "4"

        [[parcel]]
        [parcel.label]
        sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        mediaType = "text/plain"
        name = "n"
        size = 5
        [parcel.label.annotations]
        z = "1"
        a = "2"
        [parcel.label.feature.wagi]
        route = "/"
        file = "true"
        [parcel.label.feature.beta]
        [parcel.label.feature.zeta]
        a = "b"
        [parcel.conditions]
        memberOf = ["g", "h"]
        requires = ["i"]

        [[parcel]]
        [parcel.label]
        sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        mediaType = "text/plain"
        name = "n2"
        size = 5
        origin = "file:x"
        [parcel.conditions]
        requires = ["i"]

        [[parcel]]
        [parcel.label]
        sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        mediaType = "text/plain"
        name = "n3"
        size = 5
        [parcel.label.feature.wagi]
        route = "/"

        [[group]]
        name = "g"
        required = true
        satisfiedBy = "allOf"

        [[group]]
        name = "h"

        [[group]]
        name = "i"

        [[signature]]
        by = "me"
        signature = "s="
        key = "k="
        role = "creator"
        at = 12345

        [[yankedSignature]]
        by = "x"
        signature = "s"
        key = "k"
        role = "host"
        at = 1

        """#
}
