import Archive
import Bindle
import Foundation
import TestSupport
import Testing

@Suite("A packed standalone bindle")
struct StandaloneArchiveTests {
    let directory: TemporaryDirectory
    let invoice: Invoice
    let bindle: StandaloneBindle
    private let root: String

    init() throws {
        directory = try TemporaryDirectory()
        invoice = try Samples.invoice("app/1.0.0", "one", "two")
        bindle = try StandaloneBindle.write(invoice, in: directory.path + "/from") { label, receive in
            try Array((label.name == "file0" ? "one" : "two").utf8).withUnsafeBytes { try receive($0) }
        }
        root = invoice.id.digest.hex
    }

    /// Packs files, by path, as an attacker may.
    private func pack(_ files: KeyValuePairs<String, String>) throws -> String {
        var bytes: [UInt8] = []
        let gzip = try GzipWriter { bytes.append(contentsOf: $0) }
        let tar = TarWriter { try gzip.write($0) }
        for (path, text) in files {
            try tar.begin(TarEntry(path: path, kind: .file, size: Int64(text.utf8.count)))
            try Array(text.utf8).withUnsafeBytes { try tar.write($0) }
        }
        try tar.finish()
        try gzip.finish()
        return try directory.write(Data(bytes), to: "\(UUID().uuidString).tar.gz").path
    }

    private func parcel(_ text: String) -> String { "\(root)/parcels/\(Samples.digest(text)).dat" }

    @Test("is the same when it is unpacked, and packed alike each time")
    func isTheSameWhenItIsUnpackedAndPackedAlikeEachTime() throws {
        let path = directory.path + "/app.tar.gz"
        try bindle.pack(to: path)
        let unpacked = try StandaloneBindle.unpack(path, into: directory.path + "/to")
        #expect(unpacked.invoice == invoice)
        #expect(unpacked.directory == "\(directory.path)/to/\(root)")
        #expect(unpacked.presentParcels == bindle.presentParcels)
        #expect(try String(contentsOfFile: unpacked.parcelPath(Samples.digest("two")), encoding: .utf8) == "two")
        try unpacked.pack(to: directory.path + "/again.tar.gz")
        #expect(FileManager.default.contentsEqual(atPath: path, andPath: directory.path + "/again.tar.gz"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path + "/to") == [root])
    }

    @Test("may lack parcels, and adds to what is there") func mayLackParcelsAndAddsToWhatIsThere() throws {
        let one = try pack(["\(root)/invoice.toml": invoice.toml, parcel("one"): "one"])
        let two = try pack([parcel("two"): "two", "\(root)/invoice.toml": invoice.toml])
        #expect(try StandaloneBindle.unpack(one, into: directory.path + "/to").presentParcels.count == 1)
        #expect(try StandaloneBindle.unpack(two, into: directory.path + "/to").presentParcels.count == 2)
    }

    @Test("is refused with anything in it that does not belong there")
    func isRefusedWithAnythingInItThatDoesNotBelongThere() throws {
        let problems: [(KeyValuePairs<String, String>, String)] = [
            (["\(root)/invoice.toml": invoice.toml, "\(root)/extra": ""], "it is no part of a standalone bindle"),
            (["\(root)/invoice.toml": invoice.toml, "other/invoice.toml": ""], "it is beside the bindle's directory"),
            (["\(root)/invoice.toml": invoice.toml, "\(root)/../x": ""], "its path leads out of the archive"),
            (
                ["\(root)/invoice.toml": invoice.toml, "\(root)/parcels/x.dat": ""],
                "it is no part of a standalone bindle"
            ),
            (["\(root)/invoice.toml": invoice.toml, parcel("one"): "three"], "have the SHA-256 digest"),
            (["\(root)/invoice.toml": invoice.toml, parcel("three"): "three"], "the invoice has no parcel for"),
            (["wrong/invoice.toml": invoice.toml], "is not named by the digest of app/1.0.0"),
            ([parcel("one"): "one"], "cannot be read"), ([:], "it is empty"),
            (["\(root)/invoice.toml": "nonsense"], "nonsense"),
        ]
        for (files, problem) in problems {
            let path = try pack(files)
            let error = #expect(throws: StandaloneBindleError.self) {
                try StandaloneBindle.unpack(path, into: directory.path + "/to")
            }
            #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
            // Nothing is left of it.
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path + "/to") == [])
        }
    }

    @Test("is refused when it is cut off, damaged, or too large") func isRefusedWhenItIsCutOffDamagedOrTooLarge() throws
    {
        let path = directory.path + "/app.tar.gz"
        try bindle.pack(to: path)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let cut = try directory.write(bytes.dropLast(9), to: "cut.tar.gz").path
        let longer = try directory.write(bytes + [0], to: "longer.tar.gz").path
        for path in [cut, longer] {
            let error = #expect(throws: StandaloneBindleError.self) {
                try StandaloneBindle.unpack(path, into: directory.path + "/to")
            }
            #expect(error?.description.hasPrefix("\(path): ") == true)
        }
        #expect(throws: StandaloneBindleError.archive(path: path, .tooLarge(limit: 100))) {
            try StandaloneBindle.unpack(path, into: directory.path + "/to", limits: UnpackingLimits(maximumSize: 100))
        }
    }

    @Test(
        "of the reference implementation is imported, served and exported with the same parcels",
        .enabled(if: TestData.isAvailable, Comment(rawValue: TestData.absence)))
    func ofTheReferenceImplementationIsImportedServedAndExportedWithTheSameParcels() throws {
        let data = try #require(TestData.directory).appendingPathComponent("bindle/standalone").path
        let name = "1927aefa8fdc8327499e918300e2e49ecb271321530cc5881fcd069ca8372dcd"
        let packed = try StandaloneBindle.unpack("\(data)/\(name).tar.gz", into: directory.path + "/unpacked")
        #expect(packed.invoice.id.description == "enterprise.com/warpcore/1.0.0")
        let server = try RunningServer(.immutable)
        let client = try BindleClient(baseURL: server.url)
        // The invoice of the test data has parcels that no bindle there has.
        let present = Set(packed.presentParcels.map(\.sha256))
        #expect(!present.isEmpty)
        #expect(try StandaloneBindle(at: "\(data)/\(name)").presentParcels == packed.presentParcels)
        var reduced = packed.invoice
        reduced.parcels = reduced.parcels.filter { present.contains($0.label.sha256) }
        let served = reduced
        try client.push(served) { .file(path: packed.parcelPath($0.sha256)) }
        let fetched = try client.invoice(served.id)
        #expect(fetched == served)
        let exported = try StandaloneBindle.write(fetched, in: directory.path + "/exported", connections: 2) {
            label, receive in try client.parcel(label, of: served.id, receive: receive)
        }
        try exported.pack(to: directory.path + "/exported.tar.gz")
        let again = try StandaloneBindle.unpack(directory.path + "/exported.tar.gz", into: directory.path + "/again")
        for digest in present {
            #expect(
                FileManager.default.contentsEqual(
                    atPath: "\(data)/\(name)/parcels/\(digest).dat", andPath: again.parcelPath(digest)))
        }
    }
}
