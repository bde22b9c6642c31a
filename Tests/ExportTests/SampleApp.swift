import Bindle
import Content
import Export

/// An app in memory.
struct SampleApp {
    var modules: [(name: String, route: String, text: String)] = [("hello.wasm", "/hello", "module")]
    var files: [(name: String, text: String)] = []
    var settings: [String: String] = [:]
    var id = "app/1.0.0"

    func exported() throws -> ExportedApp {
        var parcels: [Parcel] = []
        for (name, route, text) in modules {
            var label = Self.label(name, text, mediaType: "application/wasm")
            var feature = WAGIFeature.module(route: route, entrypoint: nil)
            feature.settings.merge(settings) { $1 }
            label.wagi = feature
            parcels.append(Parcel(label: label, conditions: Conditions(requires: files.isEmpty ? [] : ["files"])))
        }
        for (name, text) in files {
            var label = Self.label(name, text, mediaType: "text/plain")
            label.wagi = .file
            parcels.append(Parcel(label: label, conditions: Conditions(memberOf: ["files"])))
        }
        var invoice = Invoice(bindle: .init(id: try BindleID(id)), parcels: ParcelList(parcels))
        if !files.isEmpty { invoice.groups = [Group(name: "files")] }
        return try ExportedApp(
            invoice, content: MemoryContent(modules.map { Array($0.text.utf8) } + files.map { Array($0.text.utf8) }))
    }

    private static func label(_ name: String, _ text: String, mediaType: String) -> Label {
        Label(sha256: SHA256.hash(text.utf8).hex, mediaType: mediaType, name: name, size: text.utf8.count)
    }
}

extension Artifact {
    /// The bytes of an archive.
    func bytes(part: Int = 1) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try write(part: part) { bytes += $0 }
        return bytes
    }
}
