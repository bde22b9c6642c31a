import Bindle
import Content
import Cryptography
import Foundation
import HTTP
import TestSupport
import Testing
import WebAssemblyText

@testable import WAGI

/// What wagi takes, and how: modules in either format under any name, volumes, variables, modules of bindles.
@Suite(.timeLimit(.minutes(15)))
struct OriginalFormatsTests {
    private func module(_ extra: String) -> String {
        "[[module]]\nroute = \"/...\"\nmodule = \"DIR/module.wat\"\n\(extra)"
    }

    @Test("A handler has its own variables, and those of the command line are stronger")
    func aHandlerHasItsOwnVariables() throws {
        let environment = Guest.text(
            "\(Guest.data("content-type: text/plain\n\n", at: 65536)) (func (export \"_start\") "
                + "(call $print (i32.const 65536)) (call $print-environment))")
        let app = try ServedApplication(
            ["module.wat": environment], module("environment = { GREETING = \"hello\", COLOR = \"red\" }")
        ) { $0.environment = [("COLOR", "green")] }
        let body = try app.get("/").body.split(separator: "\n")
        #expect(body.contains("GREETING=hello") && body.contains("COLOR=green") && !body.contains("COLOR=red"))
    }

    @Test("A volume has the very name that the module gets it by") func aVolumeHasTheVeryName() throws {
        // Prints the name of descriptor 3: fd_prestat_dir_name writes it without an end.
        let text = Guest.text(
            """
            \(Guest.data("content-type: text/plain\n\n", at: 65536))
            (func (export "_start")
              (call $print (i32.const 65536))
              (drop (call $prestat_name (i32.const 3) (i32.const 70000) (i32.const 8)))
              (call $print (i32.const 70000)))
            """,
            imports: """
                (import "wasi_snapshot_preview1" "fd_prestat_dir_name"
                  (func $prestat_name (param i32 i32 i32) (result i32)))
                """)
        let app = try ServedApplication(["module.wat": text], module("volumes = { \"content/\" = \"DIR\" }"))
        #expect(try app.get("/").body == "content/")
    }

    @Test("A handler runs without a volume that is not there") func aHandlerRunsWithoutAVolume() throws {
        let app = try ServedApplication(
            ["module.wat": Guest.printing("content-type: text/plain\n\nserved")],
            module("volumes = { \"/\" = \"DIR/nosuchdir\" }"))
        #expect(try app.get("/").body == "served")
        let warning = try #require(app.server.application.warnings.first)
        #expect(warning.contains("modules.toml:4:13: ") && warning.contains("nosuchdir' is not there"), "\(warning)")
    }

    @Test("A module's content says whether it is text", arguments: ["text.wasm", "text", "binary.wat", "binary.txt"])
    func aModulesContentSaysWhetherItIsText(name: String) throws {
        let text = " \n;; a comment\n" + Guest.printing("content-type: text/plain\n\nserved")
        let directory = try TemporaryDirectory()
        try directory.write(
            name.hasPrefix("text") ? Data(text.utf8) : Data(try assemble(Array(text.utf8))), to: name)
        let file = try directory.write(
            "[[module]]\nroute = \"/\"\nmodule = \"\(directory.path)/\(name)\"", to: "modules.toml")
        let app = try ServedApplication(directory, { _ in }) { configuration in
            try Application(handlers: ModulesFile(file: file.path).handlers, configuration: configuration)
        }
        #expect(try app.get("/").body == "served")
    }

    @Test("A module without the function that is called is warned of") func aMissingFunctionIsWarnedOf() throws {
        let app = try ServedApplication("(module (func $f) (func (export \"run\")) (start $f))")
        #expect(try app.get("/").status == 500)
        let warning = try #require(app.server.application.warnings.first)
        #expect(warning.contains("requests for /... are answered with 500"), "\(warning)")
        #expect(warning.contains("no function '_start'") && warning.contains("--exportStart _start"), "\(warning)")
    }

    @Test("A module without the function that is called keeps all from being loaded, where every handler has to answer")
    func aMissingFunctionIsRefused() throws {
        let error = try #require(throws: LoadError.self) {
            _ = try ServedApplication("(module (func (export \"run\")))") { $0.requiresEntrypoints = true }
        }
        #expect(error.message.contains("requests for /... cannot be answered"), "\(error)")
        #expect(error.message.contains("no function '_start'") && error.route?.description == "/...")
    }

    @Test("Asset names are taken in any spelling", arguments: ["./data/a.txt", "data//a.txt", "data/./a.txt"])
    func assetNamesAreTakenInAnySpelling(name: String) throws {
        let label = Label(
            sha256: SHA256.hash(Array("x".utf8)).hex, mediaType: "text/plain", name: name, size: 1,
            feature: Label.featureOfFiles)
        let id = try BindleID("a/1.0.0")
        let files = try Wwwroot.files(of: [label], in: id, time: { _ in 0 })
        #expect(files.map(\.path.string) == ["data/a.txt"])
        for refused in ["../a.txt", "/a.txt", "a/../../b", "a/"] {
            var other = label
            other.name = refused
            #expect(throws: AssetError.self) { try Wwwroot.files(of: [other], in: id, time: { _ in 0 }) }
        }
    }

    @Test("A module of a bindle is served from its server, in either format", arguments: [true, false])
    func aModuleOfABindleIsServedFromItsServer(isText: Bool) throws {
        let text = Array(Guest.printing("content-type: text/plain\n\nfrom a bindle").utf8)
        let binary = isText ? text : try assemble(text)
        let directory = try TemporaryDirectory()
        let store = try BindleStore(path: directory.path + "/store.sqlite")
        let label = Label(
            sha256: SHA256.hash(binary).hex, mediaType: "application/wasm", name: "m.wasm", size: binary.count)
        let invoice = Invoice(
            bindle: Invoice.Description(id: try BindleID("some/app/1.0.0")),
            parcels: [Parcel(label: label)])
        _ = try store.save(invoice) { (_) throws(StoreError) in .bytes(binary) }
        let bindles = BindleServer(store: store, mode: .development, version: "1")
        let server = Server(
            socket: try ListeningSocket(binding: .loopback(port: 0)), configuration: bindles.configuration(),
            handler: bindles.handler)
        try server.start()
        defer { server.stop() }
        let app = try ServedApplication(
            [:],
            """
            [[module]]
            route = "/x"
            module = "bindle:some/app/1.0.0"
            bindle_server = "http://\(server.address)/v1"
            """)
        #expect(try app.get("/x").body == "from a bindle")
        #expect(app.server.application.routes.map(\.module) == ["bindle:some/app/1.0.0"])
    }

    @Test("What behaves differently on wagi is known") func whatRunsOtherwiseOnWagiIsKnown() throws {
        func differences(_ text: String, entrypoint: String? = nil) -> [String] {
            OriginalWAGI.differences(ofModule: Array(text.utf8), named: "m.wat", entrypoint: entrypoint)
        }
        #expect(differences("(module (func (export \"_start\")))").isEmpty)
        let exit = "(import \"wasi_snapshot_preview1\" \"proc_exit\" (func (param i32)))"
        #expect(differences("(module \(exit) (func (export \"_start\")))").first?.contains("proc_exit") == true)
        #expect(differences("(module \(exit) \(exit))").contains { $0.contains("more than once") })
        let result = "(module (func (export \"serve\") (result i32) (i32.const 0)))"
        #expect(differences(result, entrypoint: "serve").first?.contains("has a result") == true)
        #expect(differences(result).isEmpty)
        func mentioning(_ text: String) -> String {
            "(module (memory 1) (data (i32.const 0) \"\(text)\") (func (export \"_start\")))"
        }
        #expect(differences(mentioning("x CONTENT_TYPE")).first?.contains("HTTP_CONTENT_TYPE") == true)
        #expect(differences(mentioning("HTTP_CONTENT_TYPE")).isEmpty)
        let component: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00]
        #expect(
            OriginalWAGI.differences(ofModule: component, named: "m.wasm", entrypoint: nil).first?
                .contains("is a component") == true)
    }
}
