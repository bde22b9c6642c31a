import Bindle
import Content
import Hippofacts
import TestSupport
import Testing

/// Files that no HIPPOFACTS describes.
@Suite("Files without HIPPOFACTS")
struct SynthesisTests {
    private func facts(_ files: [String]) throws -> Hippofacts {
        try Hippofacts(
            describing: files.compactMap { RelativePath(validating: $0) }, in: "/nowhere", name: "app",
            version: SemanticVersion(0, 1, 0))
    }

    private func routes(_ files: [String]) throws -> [String] {
        try facts(files).entries.map { entry in
            guard case .handler(let route) = entry.role, case .local(let path) = entry.module else { return "" }
            return "\(path) \(route)"
        }
    }

    @Test("have a handler for each module: a single one for every path, of several one for the rest")
    func handlers() throws {
        #expect(try routes(["a.txt", "b/c.wasm"]) == ["b/c.wasm /..."])
        #expect(try routes(["b.wasm", "a.wat", "index.wasm"]) == ["a.wat /a/...", "b.wasm /b/...", "index.wasm /..."])
        #expect(try routes(["main.wasm", "index.wat"]) == ["main.wasm /main/...", "index.wat /..."])
        #expect(try routes(["x/main.wasm", "main.wasm"]) == ["x/main.wasm /x/main/...", "main.wasm /..."])
        #expect(try routes(["é ?.wasm", "b.wasm"]) == ["b.wasm /b/...", "é ?.wasm /%C3%A9%20%3F/..."])
        #expect(try routes([".a.wasm", ".b/c.wasm", "d.wasm"]) == ["d.wasm /..."])
        #expect(try routes(["a.txt"]).count == 1)
        #expect(try routes(["\"].wasm"]) == ["\"].wasm /..."])
    }

    @Test("are expanded without what is hidden, and modules are no files of handlers") func expansion() throws {
        let project = try TemporaryDirectory()
        let files = ["a.wasm", "b.wasm", "x.txt", "d/y.txt", ".env", "d/.z", ".c/w", "d/.c/w"]
        for file in files {
            try project.write(file.hasSuffix(".wasm") ? "\0asm\u{1}\0\0\0" : file, to: file)
        }
        let facts = try Hippofacts(
            describing: files.compactMap { RelativePath(validating: $0) }, in: project.path, name: "app",
            version: SemanticVersion(0, 1, 0))
        var options = ExpansionOptions()
        options.excludedFiles = Hippofacts.undescribedExclusions
        var cache = DigestCache()
        let expansion = try facts.expanded(options, cache: &cache)
        #expect(expansion.invoice.parcels.map(\.label.name).sorted() == ["a.wasm", "b.wasm", "d/y.txt", "x.txt"])
        #expect(expansion.warnings == [])
    }

    @Test("are named after what they are in, if a bindle may be called so") func names() {
        #expect(Hippofacts.bindleName(from: "My Shop (2)") == "My-Shop--2-")
        #expect(Hippofacts.bindleName(from: "a/b") == "a-b" && Hippofacts.bindleName(from: "é") == "é")
        #expect(Hippofacts.bindleName(from: "  ") == nil && Hippofacts.bindleName(from: "") == nil)
        let files = ["x/counter.wasm", "a.txt"].compactMap { RelativePath(validating: $0) }
        #expect(Hippofacts.bindleName(ofModuleAmong: files) == "counter")
        #expect(Hippofacts.bindleName(ofModuleAmong: files + files) == nil)
    }
}
