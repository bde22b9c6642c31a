import Bindle
import TestSupport
import Testing

@testable import Sandbox

/// Whether pages need more than new style sheets.
struct StyleSheetTests {
    private static func invoice(_ files: [String: String], route: String = "/") throws -> Invoice {
        let parcels = files.sorted { $0.key < $1.key }.map { name, content in
            Parcel(
                label: Label(
                    sha256: SHA256.hash(content.utf8).hex, mediaType: name.hasSuffix(".css") ? "text/css" : "text/html",
                    name: name, size: content.utf8.count, feature: ["wagi": ["route": route]]))
        }
        return Invoice(bindle: .init(id: try BindleID("a/1.0.0")), parcels: parcels)
    }

    @Test("Only style sheets differ") func onlyStyleSheetsDiffer() throws {
        let old = try Self.invoice(["a.html": "1", "b.css": "1", "c/d.css": "1"])
        #expect(
            try Self.invoice(["a.html": "1", "b.css": "22", "c/d.css": "1"]).styleSheets(differingFrom: old) == [
                "b.css"
            ])
        #expect(
            try Self.invoice(["a.html": "1", "b.css": "2", "c/d.css": "3"]).styleSheets(differingFrom: old) == [
                "b.css", "c/d.css",
            ])
    }

    @Test("More differs") func moreDiffers() throws {
        let old = try Self.invoice(["a.html": "1", "b.css": "1"])
        #expect(old.styleSheets(differingFrom: old) == nil)
        #expect(try Self.invoice(["a.html": "2", "b.css": "2"]).styleSheets(differingFrom: old) == nil)
        #expect(try Self.invoice(["a.html": "1"]).styleSheets(differingFrom: old) == nil)
        #expect(try Self.invoice(["a.html": "1", "c.css": "1"]).styleSheets(differingFrom: old) == nil)
        #expect(try Self.invoice(["a.html": "1", "b.css": "2"], route: "/x").styleSheets(differingFrom: old) == nil)
        var renamed = try Self.invoice(["a.html": "1", "b.css": "2"])
        renamed.bindle.id = try BindleID("a/1.0.1")
        #expect(renamed.styleSheets(differingFrom: old) == nil)
    }

    @Test("Among thousands of files, those that differ are found, and what the invoices share is not looked at")
    func manyFiles() throws {
        let contents = Dictionary(
            uniqueKeysWithValues: (0..<5_000).map { (String(10_000 + $0) + ($0 % 7 == 0 ? ".css" : ".html"), "1") })
        let old = try Self.invoice(contents)
        var random = SeededGenerator()
        for _ in 0..<30 {
            var new = old
            var sheets: Set<String> = []
            var hasOther = false
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                let index = Int.random(in: 0..<5_000, using: &random)
                new.parcels[index].label.sha256 = SHA256.hash("\(index)".utf8).hex
                let name = new.parcels[index].label.name
                if name.hasSuffix(".css") { sheets.insert(name) } else { hasOther = true }
            }
            let found = new.styleSheets(differingFrom: old)
            #expect(found == (hasOther || sheets.isEmpty ? nil : sheets.sorted()))
            // The same list in other chunks.
            var copy = new
            copy.parcels = ParcelList(Array(new.parcels))
            copy.parcels.remove(at: 17)
            copy.parcels.insert(new.parcels[17], at: 17)
            #expect(copy.styleSheets(differingFrom: old) == found)
        }
    }
}
