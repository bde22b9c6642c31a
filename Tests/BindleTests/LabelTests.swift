import Testing

@testable import Bindle

@Suite("Labels")
struct LabelTests {
    @Test("Names in different Unicode spellings are different names")
    func spellings() {
        let composed = Samples.label("caf\u{E9}", "one")
        let decomposed = Samples.label("cafe\u{301}", "one")
        #expect(composed.name == decomposed.name, "Swift's own comparison")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        let changes = ParcelChanges(from: [Parcel(label: composed)], to: [Parcel(label: decomposed)])
        #expect(changes.replacements == [.init(old: 0..<1, new: 0..<1)])
    }

    @Test("Two files whose names differ only in their spelling are both served")
    func applicationParcels() throws {
        var invoice = try Samples.invoice("app/1.0.0")
        invoice.groups = [Group(name: "files")]
        var module = Samples.label("module.wasm", "module", mediaType: "application/wasm")
        module.wagi = .module(route: "/", entrypoint: nil)
        invoice.parcels = [Parcel(label: module, conditions: Conditions(requires: ["files"]))]
        for name in ["caf\u{E9}", "cafe\u{301}"] {
            var label = Samples.label(name, "same")
            label.feature = Label.featureOfFiles
            invoice.parcels.append(Parcel(label: label, conditions: Conditions(memberOf: ["files"])))
        }
        let parcels = ApplicationParcels(invoice)
        #expect(parcels.handlers.map(\.label) == [module])
        #expect(parcels.handlers[0].hasAssets && parcels.assets.count == 2)
    }

    @Test("The feature wagi says what a parcel is to a host")
    func feature() {
        var label = Samples.label("any", "any")
        #expect(label.wagi == nil && !label.isWAGIFile && !label.isFromOtherBindle && label.exportedHandler == nil)
        label.wagi = .file
        #expect(label.feature == ["wagi": ["file": "true"]] && label.isWAGIFile)
        label.wagi = .module(route: "/a", entrypoint: "main")
        #expect(label.feature == ["wagi": ["file": "false", "route": "/a", "entrypoint": "main"]] && !label.isWAGIFile)
        label.wagi?.settings["allowed_hosts"] = "https://a.example, https://b.example,"
        #expect(label.wagi?.allowedHosts == ["https://a.example", "https://b.example"])
        label.isFromOtherBindle = true
        label.exportedHandler = "handler"
        #expect(label.annotations == ["hippos_do_not_stage": "true", "wagi_handler_id": "handler"])
    }
}
