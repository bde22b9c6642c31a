import Foundation
import Hippofacts
import TestSupport
import Testing

@testable import Sandbox

/// Which modules are named for those that HIPPOFACTS names and that are not made.
struct ModuleMismatchTests {
    private let tree: TemporaryDirectory
    private var app: String { tree.path + "/app" }
    /// In nanoseconds since 1970.
    private let buildStart: Int64

    init() throws {
        tree = try TemporaryDirectory()
        buildStart = Int64(Date().timeIntervalSince1970 * 1e9) - 60_000_000_000
        // What is outside of the project may be named only within a work tree.
        try tree.write("ref: refs/heads/main\n", to: ".git/HEAD")
    }

    private func facts(naming modules: String...) throws -> Hippofacts {
        let handlers = modules.enumerated().map { "[[handler]]\nroute = \"/\($0.offset)\"\nname = \"\($0.element)\"\n" }
        try tree.write(
            "[bindle]\nname = \"app\"\nversion = \"1.0.0\"\n" + handlers.joined(), to: "app/HIPPOFACTS")
        return try Hippofacts(at: app)
    }

    private func write(_ module: String, isOld: Bool = false) throws {
        let file = try tree.write("module", to: module)
        guard isOld else { return }
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -3600)], ofItemAtPath: file.path)
    }

    @Test(
        "A module that is missing, where one of its name is, in the project or outside of it",
        arguments: [
            (
                "target/wasm32-wasi/release/a.wasm", "app/target/wasm32-wasip1/release/a.wasm",
                "target/wasm32-wasip1/release/a.wasm"
            ),
            ("../out/old/a.wasm", "out/new/a.wasm", "../out/new/a.wasm"),
            ("../out/old/a-b.wasm", "out/new/a_b.wasm", "../out/new/a_b.wasm"),
            ("../out/a.wasm", "app/a.wasm", "a.wasm"),
            ("a.wasm", "target/wasm32-wasip1/release/a.wasm", "../target/wasm32-wasip1/release/a.wasm"),
        ])
    func missing(named: String, file: String, made: String) throws {
        try tree.write("[workspace]\n", to: "Cargo.toml")
        try write(file)
        let expected = ModuleMismatch(named: named, made: made, isMissing: true)
        #expect(ModuleMismatch.all(try facts(naming: named), in: app, buildStart: nil) == [expected])
        #expect(expected.advice.hasPrefix("There is \(made), of the same name."))
    }

    @Test("A module outside of the project that the build has not touched, while it has made another")
    func untouched() throws {
        let named = "../out/old/a.wasm"
        try write("out/old/a.wasm", isOld: true)
        try write("out/new/a.wasm")
        let facts = try facts(naming: named)
        let expected = ModuleMismatch(named: named, made: "../out/new/a.wasm", isMissing: false)
        #expect(ModuleMismatch.all(facts, in: app, buildStart: buildStart) == [expected])
        #expect(expected.advice.contains("has not touched ../out/old/a.wasm"))
        // What was there before the build is not what it has made, and what is there is not missing.
        #expect(ModuleMismatch.all(facts, in: app, buildStart: nil) == [])
        try write("out/new/a.wasm", isOld: true)
        #expect(ModuleMismatch.all(facts, in: app, buildStart: buildStart) == [])
    }

    @Test("One file under two names is no other one, and among several nobody can tell") func several() throws {
        try write("out/old/a.wasm", isOld: true)
        try write("out/new/a.wasm")
        try FileManager.default.createDirectory(atPath: tree.path + "/out/linked", withIntermediateDirectories: true)
        try FileManager.default.linkItem(
            atPath: tree.path + "/out/new/a.wasm", toPath: tree.path + "/out/linked/a.wasm")
        let facts = try facts(naming: "../out/old/a.wasm")
        #expect(ModuleMismatch.all(facts, in: app, buildStart: buildStart).count == 1)
        #expect(ModuleMismatch.all(try self.facts(naming: "../out/linked/a.wasm"), in: app, buildStart: nil) == [])
        try write("out/newer/a.wasm")
        #expect(ModuleMismatch.all(facts, in: app, buildStart: buildStart) == [])
    }
}
