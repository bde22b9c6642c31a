import Bindle
import Content
import Foundation
import TestSupport
import Testing

@testable import Hippofacts

/// Modules that lie outside of the project, what makes a module text, and what hippo-dev.toml says of a bundle.
struct OutsideModuleTests {
    private let tree: TemporaryDirectory
    private let binary = Data([0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00])

    init() throws {
        tree = try TemporaryDirectory()
    }

    private var app: String { tree.path + "/app" }

    private func write(_ module: String, files: String = "[]", also: String = "") throws {
        try tree.write(
            """
            [bindle]
            name = "app"
            version = "1.0.0"
            [[handler]]
            route = "/"
            name = "\(module)"
            files = \(files)
            \(also)
            """, to: "app/HIPPOFACTS")
    }

    private func expand(_ configure: (inout ExpansionOptions) throws -> Void = { _ in }) throws -> Expansion {
        var options = ExpansionOptions()
        try configure(&options)
        var cache = DigestCache()
        return try Hippofacts(at: app).expanded(options, cache: &cache)
    }

    private func makeWorkspace() throws {
        try tree.write("[workspace]\nmembers = [\"app\"]\n", to: "Cargo.toml")
        try tree.write(binary, to: "target/wasm32-wasip1/debug/app.wasm")
    }

    @Test("A module below the enclosing Cargo workspace is named without leading dots")
    func aModuleBelowTheEnclosingWorkspace() throws {
        try makeWorkspace()
        try write("../target/wasm32-wasip1/debug/app.wasm")
        let expansion = try expand()
        let label = try #require(expansion.invoice.parcels.first?.label)
        #expect(label.name == "target/wasm32-wasip1/debug/app.wasm" && label.mediaType == "application/wasm")
        guard case .file(let path, _)? = expansion.sources[label] else {
            Issue.record("the module is in no file")
            return
        }
        #expect(path == tree.path + "/target/wasm32-wasip1/debug/app.wasm")
        let facts = try Hippofacts(at: app)
        #expect(facts.dependencies.modules.isEmpty)
        #expect(try facts.dependencies.modulesAbove == [RelativePath("target/wasm32-wasip1/debug/app.wasm"): 1])
    }

    @Test("A git work tree will do as well, and so does a link") func aGitWorkTreeWillDo() throws {
        try tree.write("gitdir: elsewhere\n", to: ".git")
        try tree.write(binary, to: "out/m.wasm")
        try write("out/m.wasm")
        try FileManager.default.createSymbolicLink(atPath: app + "/out", withDestinationPath: "../out")
        #expect(try expand().invoice.parcels.map(\.label.name) == ["out/m.wasm"])
        try write("../out/m.wasm")
        #expect(try expand().invoice.parcels.map(\.label.name) == ["out/m.wasm"])
    }

    @Test("Elsewhere, a module is refused") func elsewhereAModuleIsRefused() throws {
        try tree.write(binary, to: "target/m.wasm")
        try write("../target/m.wasm")
        var error = try #require(throws: HippofactsError.self) { try expand() }
        #expect(error.message.contains("'../target/m.wasm' would leave the project"), "\(error)")
        #expect(error.message.contains("Cargo workspace or the git work tree"))
        #expect(error.position?.line == 6)
        // A package alone is no workspace.
        try tree.write("[package]\nname = \"a\"\n", to: "Cargo.toml")
        error = try #require(throws: HippofactsError.self) { try expand() }
        #expect(error.message.contains("would leave the project"))
    }

    @Test("What is no WebAssembly is refused outside") func whatIsNoWebAssemblyIsRefusedOutside() throws {
        try makeWorkspace()
        try tree.write("-----BEGIN PRIVATE KEY-----", to: "key.wasm")
        try write("../key.wasm")
        let error = try #require(throws: HippofactsError.self) { try expand() }
        #expect(error.message.contains("is not WebAssembly"), "\(error)")
        try tree.write("(module)", to: "key.wasm")
        let expansion = try expand()
        #expect(expansion.invoice.parcels[0].label.mediaType == "application/wasm")
    }

    @Test("A file with the name of a module outside is an error") func aFileWithTheNameOfAModuleOutsideIsAnError()
        throws
    {
        try makeWorkspace()
        try tree.write("other", to: "app/target/wasm32-wasip1/debug/app.wasm")
        try write("../target/wasm32-wasip1/debug/app.wasm", files: "[\"**\"]")
        let error = try #require(throws: HippofactsError.self) { try expand() }
        #expect(error.message.contains("is a file of the project, and what the module"), "\(error)")
        let pattern = try GlobPattern("target")
        #expect(
            try expand { $0.excludedFiles = [pattern] }.invoice.parcels.map(\.label.name) == [
                "target/wasm32-wasip1/debug/app.wasm", "HIPPOFACTS",
            ])
    }

    @Test("A change of a module outside is an update") func aChangeOfAModuleOutsideIsAnUpdate() throws {
        try makeWorkspace()
        try write("../target/wasm32-wasip1/debug/app.wasm")
        var project = ProjectExpansion()
        _ = try project.expand(Hippofacts(at: app))
        let before = try #require(project.invoice?.parcels.first?.label)
        try tree.write(binary + Data([0, 1, 0]), to: "target/wasm32-wasip1/debug/app.wasm")
        let update = try #require(try project.update(["target/wasm32-wasip1/debug/app.wasm"]))
        #expect(update.edits.count == 1)
        let after = try #require(project.invoice?.parcels.first?.label)
        #expect(after.name == before.name && after.size == 11 && after.sha256 != before.sha256)
    }

    // MARK: Text or binary

    @Test("A module's content says whether it is assembled") func aModulesContentSaysWhetherItIsAssembled() throws {
        try write("m.wasm", also: "[[handler]]\nroute = \"/b\"\nname = \"b.wat\"")
        try tree.write(" (module)", to: "app/m.wasm")
        try tree.write(binary, to: "app/b.wat")
        let expansion = try expand()
        #expect(expansion.invoice.parcels.map(\.label.size) == [8, 8])
        #expect(expansion.invoice.parcels.map(\.label.mediaType) == ["application/wasm", "application/wasm"])
        // What begins like neither is as its name says.
        try tree.write("modul", to: "app/b.wat")
        let error = try #require(throws: HippofactsError.self) { try expand() }
        #expect(error.file.hasSuffix("b.wat") && error.position?.line == 1, "\(error)")
    }

    // MARK: hippo-dev.toml

    @Test("What is excluded is left out, directories with all in them") func whatIsExcludedIsLeftOut() throws {
        try tree.write(binary, to: "app/m.wasm")
        for path in ["a.txt", "a.map", "sub/b.map", "sub/b.txt", "node_modules/x/y.js", "[x]", "sub/node_modules/z.js"]
        {
            try tree.write(path, to: "app/pages/" + path)
        }
        try write("m.wasm", files: "[\"pages/**\"]")
        func names(_ exclusions: String...) throws -> [String] {
            let patterns = try exclusions.map { try GlobPattern($0) }
            return try expand { $0.excludedFiles = patterns }.invoice.parcels.dropFirst().map(\.label.name)
        }
        #expect(
            try names("**/*.map", "**/node_modules") == ["pages/[x]", "pages/a.txt", "pages/sub/b.txt"])
        #expect(try names("pages/[!a-z]x?", "pages/sub", "pages/node_modules/**") == ["pages/a.map", "pages/a.txt"])
        // An update leaves out the same.
        var project = ProjectExpansion()
        var options = ExpansionOptions()
        options.excludedFiles = [try GlobPattern("**/*.map")]
        _ = try project.expand(Hippofacts(at: app), options)
        try tree.write("new", to: "app/pages/new.map")
        try tree.write("new", to: "app/pages/new.txt")
        let update = try #require(try project.update(["pages/new.map", "pages/new.txt"]))
        #expect(update.edits.flatMap(\.inserted).map(\.label.name) == ["pages/new.txt"])
    }

    @Test("What is said of handlers is in their feature") func whatIsSaidOfHandlersIsInTheirFeature() throws {
        try tree.write(binary, to: "app/m.wasm")
        try write("m.wasm", also: "[[handler]]\nroute = \"/b\"\nname = \"m.wasm\"")
        let expansion = try expand { options in
            options.handlers = HandlerSettings(
                handlers: [
                    .init(
                        route: "/b", argumentTemplate: "python ${ARGS}", allowedHosts: ["https://b.example"],
                        position: nil),
                    .init(route: "/bb", argumentTemplate: nil, allowedHosts: [], position: nil),
                ], allowedHosts: ["http://all.example"])
        }
        let features = expansion.invoice.parcels.map { $0.label.wagi?.settings ?? [:] }
        #expect(features[0] == ["file": "false", "route": "/", "allowed_hosts": "http://all.example"])
        #expect(
            features[1] == [
                "file": "false", "route": "/b", "argv": "python ${ARGS}",
                "allowed_hosts": "http://all.example,https://b.example",
            ])
        #expect(
            expansion.warnings.map(\.description) == [
                "\(app)/hippo-dev.toml: No handler in HIPPOFACTS has the route '/bb'; did you mean '/b'?"
            ])
    }

    @Test("What is hardly meant to be in a bundle is told") func whatIsHardlyMeantIsTold() throws {
        func parcel(_ name: String, size: Int = 1) -> Parcel {
            Parcel(
                label: Label(
                    sha256: String(repeating: "0", count: 64), mediaType: "text/plain", name: name, size: size,
                    feature: Label.featureOfFiles))
        }
        func warnings(_ parcels: Parcel...) -> [String] {
            var review = BundleReview()
            for parcel in parcels { review.look(at: parcel) }
            return review.warnings
        }
        for name in ["a/.env", ".env.local", "server.key", "x/cert.pem", "id_ed25519", ".npmrc", "secret_keys.toml"] {
            #expect(warnings(parcel(name)).first?.hasPrefix("\(name) in the bundle: everybody") == true, "\(name)")
            #expect(warnings(parcel(name)).first?.contains("exclude = [\"\(name)\"]") == true)
        }
        for name in [".env.example", "env", "keys.html", "monkey", "envelope.txt", "node_modules.txt", ".environment"] {
            #expect(warnings(parcel(name)).isEmpty, "\(name)")
        }
        let packages = warnings(parcel("web/node_modules/a/.env"), parcel("web/node_modules/b.js"))
        #expect(packages.count == 1)
        #expect(packages[0].hasPrefix("2 files of web/node_modules in the bundle"), "\(packages)")
        #expect(
            warnings(parcel("film.mp4", size: 40 << 20)).first?.hasPrefix("film.mp4 in the bundle has 40 MiB") == true)
        let many = (0..<5).map { parcel("\($0).bin", size: 40 << 20) }
        #expect(
            warnings(many[0], many[1], many[2], many[3], many[4]).last
                == "2 more files in the bundle have 32 MiB or more")
    }
}
