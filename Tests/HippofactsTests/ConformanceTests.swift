import Bindle
import Foundation
import Hippofacts
import TestSupport
import Testing

/// The projects of the conformance data, expanded as the format's description says.
@Suite(.enabled(if: TestData.isAvailable, "\(TestData.absence)"))
struct ConformanceTests {
    @Test("App 1") func app1() throws {
        let expansion = try expand("app1")
        let invoice = expansion.invoice
        #expect(invoice.bindleVersion == "1.0.0")
        #expect(invoice.id.description == "weather/1.2.3")
        #expect(
            invoice.groups.map(\.name) == ["out/fake.wasm-files", "out/lies.wasm-files", "out/fakeissimo.wasm-files"])
        #expect(
            invoice.parcels.map(\.label.name) == [
                "out/fake.wasm", "out/lies.wasm", "out/fakeissimo.wasm", "scripts/real.js", "scripts/ignore.json",
            ])
        let fake = invoice.parcels[0]
        #expect(fake.label.mediaType == "application/wasm")
        #expect(fake.label.size == 30)
        #expect(fake.label.feature == ["wagi": ["route": "/fake", "file": "false"]])
        #expect(fake.requires == ["out/fake.wasm-files"])
        #expect(fake.memberOf.isEmpty)
        #expect(
            invoice.parcels[2].label.feature
                == ["wagi": ["route": "/fake/fake/fake", "file": "false", "entrypoint": "even_faker"]])
        // One file matched for two handlers is one parcel, member of both groups.
        #expect(invoice.parcels[3].memberOf == ["out/fake.wasm-files", "out/lies.wasm-files"])
        #expect(invoice.parcels[4].memberOf == ["out/lies.wasm-files"])
        #expect(invoice.parcels[3].label.feature == ["wagi": ["file": "true"]])
        #expect(invoice.parcels[3].label.mediaType.hasSuffix("/javascript"))
        #expect(expansion.warnings.isEmpty)
        for parcel in invoice.parcels {
            guard case .file(let path, _) = expansion.sources[parcel.label] else {
                Issue.record("no source of \(parcel.label.name)")
                continue
            }
            #expect(try SHA256.hash(Data(contentsOf: URL(fileURLWithPath: path))).hex == parcel.label.sha256)
        }
    }

    @Test("App 2") func app2() throws {
        let expansion = try expand("app2")
        #expect(
            expansion.warnings.map(\.message) == [
                "No files matched pattern scripts/*.biscuits", "No files matched pattern biscuits/*.txt",
                "No files matched pattern scripts/important-but-does-not-exist.txt",
            ])
        #expect(expansion.warnings.map(\.position?.line) == [17, 22, 27])
        // Modules that are matched as files as well are two parcels.
        let twice = expansion.invoice.parcels.filter { $0.label.name == "wasm/no-assets.wasm" }
        #expect(
            twice.map(\.label.feature) == [
                ["wagi": ["route": "/penguin", "file": "false"]], ["wagi": ["file": "true"]],
            ])
        #expect(
            expansion.invoice.parcels.filter { $0.memberOf == ["wasm/other-wasms.wasm-files"] }.map(\.label.name)
                == ["wasm/no-assets.wasm", "wasm/no-directory.wasm", "wasm/no-match.wasm"])
    }

    @Test("Nested directories") func nestedDirectories() throws {
        let files = try expand("nesttest").invoice.parcels.dropFirst().map(\.label.name)
        #expect(
            files == [
                "assets/scripts/justsome.json", "assets/scripts/real.js", "assets/styles/css/suspicious.css",
                "assets/styles/sass/iffy.sass",
            ])
    }

    @Test("The documentation's example") func theDocumentationsExample() throws {
        let invoice = try expand("docs-example").invoice
        #expect(invoice.bindle.description == "provides birds as a service")
        #expect(invoice.bindle.authors == ["Joan Q Programmer"])
        #expect(
            invoice.parcels.map(\.label.name) == [
                "bin/penguin.wasm", "bin/cassowary.wasm", "bin/kea.wasm", "photo/adelie.png", "photo/rockhopper.png",
                "stock/kea.jpg", "stock/little-blue.jpg", "stock/wipers.jpg",
            ])
        #expect(invoice.parcels[5].memberOf == ["bin/penguin.wasm-files", "bin/kea.wasm-files"])
    }

    @Test("A bad version") func aBadVersion() throws {
        let error = try #require(throws: HippofactsError.self) { try expand("bad_version") }
        #expect(error.message == "Version 1.2.3.4 is not a valid semantic version (e.g. 1.2.3)")
    }

    @Test("A library") func aLibrary() throws {
        let invoice = try expand("lib1").invoice
        #expect(
            invoice.groups.map(\.name) == [
                "wasm/server.wasm-serve_all_the_things-files", "wasm/gallery.wasm-image_gallery-files",
            ])
        let gallery = invoice.parcels[1].label
        #expect(gallery.annotations == ["wagi_handler_id": "image_gallery"])
        #expect(gallery.feature == ["wagi": ["file": "false", "entrypoint": "serve_pix"]])
        #expect(invoice.parcels.map(\.label.name).suffix(2) == ["gallery/images.db", "gallery/thumbnails.db"])
    }

    // MARK: External modules

    @Test("An external module") func anExternalModule() throws {
        let invoice = try expand("external1").invoice
        let group = "import:deislabs/fileserver/1.0.3:static-at-/images-files"
        #expect(invoice.groups.map(\.name) == ["out/fake.wasm-files", group])
        #expect(
            invoice.parcels.map(\.label.name) == [
                "out/fake.wasm", "file_server.wasm", "toast/burnt.jpg", "toast/light-brown.jpg", "toast/white.jpg",
            ])
        let server = invoice.parcels[1]
        #expect(server.label.sha256 == Self.digest("a"))
        #expect(server.label.mediaType == "application/wasm")
        #expect(server.label.size == 123)
        #expect(server.label.feature == ["wagi": ["route": "/images", "file": "false"]])
        #expect(server.label.annotations == ["hippos_do_not_stage": "true"])
        #expect(server.requires == [group])
        #expect(invoice.parcels[2].memberOf == [group])
    }

    @Test("An external module's dependencies come along") func anExternalModulesDependenciesComeAlong() throws {
        let invoice = try expand("external2").invoice
        let group = "import:deislabs/fileserver/1.0.3:image_gallery-at-/images-files"
        #expect(
            invoice.parcels.map(\.label.name) == [
                "out/fake.wasm", "gallery.wasm", "images.db", "thumbnails.db", "toast/burnt.jpg",
                "toast/light-brown.jpg", "toast/white.jpg",
            ])
        #expect(invoice.parcels[1].label.feature["wagi"]?["entrypoint"] == "serve_pix")
        for dependency in invoice.parcels[2...3] {
            #expect(dependency.memberOf == [group])
            #expect(dependency.requires.isEmpty)
            #expect(dependency.label.feature == ["wagi": ["file": "true"]])
            #expect(dependency.label.annotations["hippos_do_not_stage"] == "true")
        }
    }

    @Test("A name that is both local and external is an error") func aNameThatIsBothLocalAndExternalIsAnError() throws {
        let error = try #require(throws: HippofactsError.self) { try expand("external3") }
        #expect(error.message.contains("'thumbnails.db' is both a local file and a dependency"))
        #expect(error.position?.line == 9)
    }

    @Test("An entrypoint beside external is an error") func anEntrypointBesideExternalIsAnError() throws {
        let error = try #require(throws: HippofactsError.self) { try expand("external_bad") }
        #expect(error.message.contains("cannot have an 'entrypoint'"))
        #expect(error.position?.line == 12)
    }

    @Test("An unknown handler is an error that names the known ones")
    func anUnknownHandlerIsAnErrorThatNamesTheKnownOnes() throws {
        let project = try TemporaryDirectory()
        try project.write(
            """
            [bindle]
            name = "x"
            version = "1.0.0"
            [[handler]]
            route = "/"
            external.bindleId = "deislabs/fileserver/1.0.3"
            external.handlerId = "statics"
            """, to: "HIPPOFACTS")
        var cache = DigestCache()
        let facts = try Hippofacts(at: project.path)
        let error = try #require(throws: HippofactsError.self) { try facts.expanded(options, cache: &cache) }
        #expect(error.message.hasSuffix("has no handler 'statics': it exports static, image_gallery"))
        #expect(error.position?.line == 7)
        let absent = try #require(throws: HippofactsError.self) { try facts.expanded(cache: &cache) }
        #expect(absent.message.contains("deislabs/fileserver/1.0.3 cannot be found"))
        #expect(absent.position?.line == 6)
    }

    private func expand(_ project: String) throws -> Expansion {
        let directory = try #require(TestData.directory).appendingPathComponent("hippofacts/\(project)")
        var cache = DigestCache()
        return try Hippofacts(at: directory.path).expanded(options, cache: &cache)
    }

    private let options = ExpansionOptions(externalInvoice: { id in
        #expect(id.description == "deislabs/fileserver/1.0.3")
        return Invoice(
            bindle: Invoice.Description(id: id),
            parcels: [
                Parcel(
                    label: Label(
                        sha256: digest("a"), mediaType: "application/wasm", name: "file_server.wasm", size: 123,
                        annotations: ["wagi_handler_id": "static", "other": "x"],
                        feature: ["wagi": ["file": "false"]])),
                Parcel(
                    label: Label(
                        sha256: digest("b"), mediaType: "application/wasm", name: "gallery.wasm", size: 234,
                        annotations: ["wagi_handler_id": "image_gallery"],
                        feature: ["wagi": ["file": "false", "entrypoint": "serve_pix"]]),
                    conditions: Conditions(requires: ["files"])),
                Parcel(
                    label: Label(
                        sha256: digest("c"), mediaType: "application/octet-stream", name: "images.db", size: 1,
                        feature: ["wagi": ["file": "true"]]),
                    conditions: Conditions(memberOf: ["files"], requires: ["more"])),
                Parcel(
                    label: Label(
                        sha256: digest("d"), mediaType: "application/octet-stream", name: "thumbnails.db", size: 1,
                        feature: ["wagi": ["file": "true"]]),
                    conditions: Conditions(memberOf: ["more"])),
                Parcel(
                    label: Label(sha256: digest("e"), mediaType: "text/plain", name: "unrelated.txt", size: 1),
                    conditions: Conditions(memberOf: ["unrelated"])),
            ],
            groups: [Group(name: "files"), Group(name: "more"), Group(name: "unrelated")])
    })

    private static func digest(_ digit: Character) -> String { String(repeating: digit, count: 64) }
}
