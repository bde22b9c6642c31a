import Foundation
import TestSupport
import Testing

/// Sizes that come from outside are compared with a limit before memory is asked for.
@Suite(.timeLimit(.minutes(15)))
struct LimitTests {
    /// Makes a file of 15 TiB that takes no space; nil where the file system has none so large.
    private func makeSparseFile(_ path: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o644)
        defer { close(descriptor) }
        for size in [15 << 40, 4 << 40] where ftruncate(descriptor, off_t(size)) == 0 { return true }
        return false
    }

    @Test(
        "Files of 15 TiB are refused with a sentence, whatever they are taken for",
        arguments: [
            ["run", "huge.wasm"], ["run", "huge.wat"], ["check", "huge.wasm"], ["check", "huge.wat"], ["check", "app"],
            ["check", "facts"], ["check", "settings"], ["wagi", "--config", "huge.toml", "--listen", "127.0.0.1:0"],
            ["wagi", "--config", "modules.toml", "--listen", "127.0.0.1:0"],
            ["wagi", "--config", "text.toml", "--listen", "127.0.0.1:0"],
            ["wagi", "--config", "fine.toml", "--env-file", "huge.toml", "--listen", "127.0.0.1:0"],
            ["bindle", "push-invoice", "huge.toml"], ["bindle", "push", "standalone"],
            ["bindle", "push", "huge.tar.gz"],
        ])
    func hugeFiles(arguments: [String]) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        for name in ["huge.wasm", "huge.wat", "huge.toml", "huge.tar.gz"] {
            try #require(makeSparseFile("\(path)/\(name)"))
        }
        for name in ["app", "facts", "settings", "standalone"] {
            try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
        }
        let facts = "[bindle]\nname = \"a\"\nversion = \"1.0.0\"\n\n[[handler]]\nroute = \"/\"\nname = \"m.wasm\"\n"
        try directory.write(facts, to: "app/HIPPOFACTS")
        try directory.write(facts, to: "settings/HIPPOFACTS")
        try #require(makeSparseFile("\(path)/app/m.wasm"))
        try #require(makeSparseFile("\(path)/facts/HIPPOFACTS"))
        try #require(makeSparseFile("\(path)/settings/m.wasm"))
        try #require(makeSparseFile("\(path)/standalone/invoice.toml"))
        try directory.write("[[module]]\nroute = \"/\"\nmodule = \"\(path)/huge.wasm\"\n", to: "modules.toml")
        try directory.write("[[module]]\nroute = \"/\"\nmodule = \"\(path)/huge.wat\"\n", to: "text.toml")
        try directory.write("[[module]]\nroute = \"/\"\nmodule = \"\(path)/fine.wat\"\n", to: "fine.toml")
        try directory.write("(module (func (export \"_start\")))", to: "fine.wat")
        let result = try Program.run(arguments, in: path)
        // A signal's number, or a shell's 128 and more, would be a crash.
        #expect(result.status == 1 || result.status == 2, "\(result.status): \(result.errors)")
        #expect(result.errors.hasPrefix("error: "), "\(result.errors)")
        #expect(result.errors.utf8.count < 1000, "\(result.errors)")
    }
}
