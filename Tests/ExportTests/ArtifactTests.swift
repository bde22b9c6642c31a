import Bindle
import Content
import Export
import Foundation
import TestSupport
import Testing
import WAGI

@Suite("Artifacts")
struct ArtifactTests {
    /// Unpacks archives into one directory, as GNU tar does.
    private static func unpack(_ archives: [[UInt8]]) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path + "/out", withIntermediateDirectories: true)
        for (number, archive) in archives.enumerated() {
            let file = try directory.write(Data(archive), to: "\(number).tar.gz")
            _ = try tar(["-xzf", file.path, "-C", directory.path + "/out"])
        }
        return directory
    }

    private static func tar(_ arguments: [String]) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/tar")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return text.split(separator: "\n").map(String.init)
    }

    @Test("What GNU tar unpacks is the modules, the files, and a modules.toml that names them")
    func unpacked() throws {
        var app = SampleApp()
        app.modules = [("target/a.wasm", "/a", "one"), ("b.wasm", "/b/...", "two")]
        app.files = [("index.html", "<h1>"), ("pages/ü 1.html", "page")]
        app.settings = ["entrypoint": "serve", "argv": "${ARGS} \"x\"", "allowed_hosts": "https://a.example,http://b"]
        let directory = try Self.unpack([Artifact(app.exported()).bytes()])
        func text(_ path: String) throws -> String {
            try String(contentsOfFile: directory.path + "/out/" + path, encoding: .utf8)
        }
        #expect(try text("modules/target/a.wasm") == "one" && text("modules/b.wasm") == "two")
        #expect(try text("wwwroot/index.html") == "<h1>" && text("wwwroot/pages/ü 1.html") == "page")
        let modules = try ModulesFile(file: directory.path + "/out/modules.toml")
        #expect(modules.warnings.isEmpty && modules.staticDirectory == "wwwroot")
        #expect(modules.handlers.map(\.route.description) == ["/a", "/b/..."])
        #expect(modules.handlers.map(\.module.path) == ["modules/target/a.wasm", "modules/b.wasm"])
        for handler in modules.handlers {
            #expect(handler.entrypoint == "serve" && handler.argumentTemplate == "${ARGS} \"x\"")
            #expect(handler.allowedHosts == ["https://a.example", "http://b"])
            #expect(handler.volumes.map(\.guestPath) == ["/"] && handler.volumes.map(\.hostPath) == ["wwwroot"])
        }
    }

    @Test("The same app gives the same bytes: those of today, on every machine")
    func sameBytes() throws {
        var app = SampleApp()
        app.files = [("b", "two"), ("a", "one")]
        let first = try Artifact(app.exported()).digest(part: 1)
        app.files.reverse()
        let second = try Artifact(app.exported()).digest(part: 1)
        #expect(first == second)
        #expect(first.checksum == "sha256:08c115c09a4a9e41dc19aa0cd757943e1b65e893f09103dd4d2a3b9c996254f7")
    }

    @Test("An app of more entries than Nomad unpacks is several archives for one directory, directories counted")
    func several() throws {
        var app = SampleApp()
        app.files = (0..<25).map { ("d\($0 / 5)/f\($0)", "\($0)") }
        let artifact = try Artifact(app.exported(), entryLimit: 10)
        let archives = try (1...artifact.partCount).map { try artifact.bytes(part: $0) }
        #expect(artifact.partCount > 1 && artifact.fileCount == 27)
        let directory = try Self.unpack(archives)
        for number in archives.indices {
            let entries = try Self.tar(["-tzf", "\(directory.path)/\(number).tar.gz"])
            #expect(entries.count <= 10 && !entries.isEmpty)
            #expect(Set(entries).count == entries.count)
        }
        for number in 0..<25 {
            let path = "\(directory.path)/out/wwwroot/d\(number / 5)/f\(number)"
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "\(number)")
        }
        let whole = try Artifact(app.exported())
        #expect(whole.partCount == 1 && Artifact.entryLimit == 4095)
        #expect(Artifact.partPath("a/b.tar.gz", part: 2) == "a/b.part2.tar.gz")
        #expect(try Artifact.fileName(BindleID("org/app/1.0.0-rc.1+b"), part: 1) == "org-app-1.0.0-rc.1+b.tar.gz")
    }

    @Test("4,095 entries are one archive, one more is two")
    func atTheLimit() throws {
        var app = SampleApp()
        // Besides: modules.toml, modules, the module, wwwroot.
        app.files = (0..<4091).map { ("f\($0)", "") }
        #expect(try Artifact(app.exported()).partCount == 1)
        app.files.append(("g", ""))
        #expect(try Artifact(app.exported()).partCount == 2)
    }

    @Test("Modules whose names lead out, or are in each other's way, are called by their digests")
    func names() throws {
        var app = SampleApp()
        app.modules = [
            ("../out.wasm", "/a", "one"), ("b", "/b", "two"), ("b", "/c", "three"), ("b/d", "/d", "four"),
            ("b", "/e", "two"),
        ]
        let directory = try Self.unpack([Artifact(app.exported()).bytes()])
        let modules = try ModulesFile(file: directory.path + "/out/modules.toml")
        let texts = try modules.handlers.map { handler in
            try String(contentsOfFile: "\(directory.path)/out/\(handler.module.path ?? "")", encoding: .utf8)
        }
        #expect(texts == ["one", "two", "three", "four", "two"])
        #expect(modules.handlers[1].module.path == "modules/b" && modules.handlers[4].module.path == "modules/b")
    }

    @Test("A file that has other bytes than its bindle says is told by name, as is an app that nothing answers in")
    func refused() throws {
        struct Wrong: ContentSource {
            func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent {
                OpenContent([UInt8](repeating: 0, count: file.size))
            }
        }
        var invoice = Invoice(bindle: .init(id: try BindleID("app/1.0.0")), parcels: [])
        #expect(throws: ExportError.self) { try ExportedApp(invoice, content: Wrong()) }
        var label = Label(
            sha256: SHA256.hash("right".utf8).hex, mediaType: "application/wasm", name: "a.wasm", size: 5)
        label.wagi = .module(route: "/", entrypoint: nil)
        invoice.parcels = ParcelList([Parcel(label: label)])
        let artifact = try Artifact(ExportedApp(invoice, content: Wrong()))
        #expect(throws: ContentError.damaged(name: "a.wasm")) { try artifact.digest(part: 1) }
    }
}
