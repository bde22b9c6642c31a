import TestSupport
import Testing
import WebAssembly

@Suite("Decoding modules")
struct ModuleDecodingTests {
    @Test("the shortest module is its header")
    func empty() throws {
        let module = try Module(bytes: module())
        #expect(module.functions.isEmpty)
        #expect(module.exports.isEmpty)
    }

    @Test(
        "what does not begin like a module is refused",
        arguments: [
            ([], "unexpected end"),
            ([0x00, 0x61, 0x73], "unexpected end"),
            ([0x7F, 0x45, 0x4C, 0x46, 0x02, 0x01, 0x01, 0x00], "magic header not detected"),
            ([0x00, 0x61, 0x73, 0x6D, 0x01, 0x00], "unexpected end"),
            ([0x00, 0x61, 0x73, 0x6D, 0x02, 0x00, 0x00, 0x00], "unknown binary version 0x2"),
        ] as [([UInt8], String)])
    func header(bytes: [UInt8], message: String) throws {
        let error = try #require(refusal(of: bytes))
        #expect(error.kind == .malformed)
        #expect(error.message.hasPrefix(message))
    }

    @Test("a component in the place of a module is told as that")
    func component() throws {
        let error = try #require(refusal(of: [0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00]))
        #expect(error.kind == .malformed)
        #expect(error.message.contains("this is a component"))
    }

    @Test("imports come first in their index spaces")
    func imports() throws {
        let module = try Module(
            bytes: module(
                typeSection(function([i32, i64], [f64]), function([], [])),
                section(
                    2,
                    text("env") + text("f") + [0x00, 0x00],
                    text("env") + text("t") + [0x01, 0x70, 0x01, 0x01, 0x0A],
                    text("env") + text("m") + [0x02, 0x00, 0x01],
                    text("env") + text("g") + [0x03, i32, 0x01],
                    text("env") + text("e") + [0x04, 0x00, 0x01]),
                functionSection(1),
                memorySection([0x05, 0x01, 0x02]),
                codeSection(body())))

        #expect(module.imports.map(\.name) == ["f", "t", "m", "g", "e"])
        #expect(module.imports.map(\.type.kind) == [.function, .table, .memory, .global, .tag])
        #expect(module.importedFunctionCount == 1)
        #expect(module.functionType(of: 0) == FunctionType(parameters: [.i32, .i64], results: [.f64]))
        #expect(module.functionType(of: 1) == FunctionType(parameters: [], results: []))
        #expect(module.body(of: 0) == nil)
        #expect(module.body(of: 1) != nil)
        #expect(
            module.tables == [
                TableType(
                    element: ReferenceType(to: .abstract(.function), isNullable: true),
                    limits: Limits(minimum: 1, maximum: 10))
            ])
        #expect(
            module.memories == [
                MemoryType(limits: Limits(minimum: 1)),
                MemoryType(limits: Limits(minimum: 1, maximum: 2), addressType: .i64),
            ])
        #expect(module.globals == [GlobalType(valueType: .i32, isMutable: true)])
        #expect(module.tags.map(\.parameters) == [[]])
    }

    @Test("exports are found by name")
    func exports() throws {
        let module = try Module(
            bytes: module(
                memorySection([0x00, 0x01]),
                globalSection([i32, 0x00, 0x41, 0x2A, 0x0B]),
                exportSection(text("memory") + [0x02, 0x00], text("answer") + [0x03, 0x00])))
        #expect(module.export(named: "memory") == Export(name: "memory", kind: .memory, index: 0))
        #expect(module.export(named: "answer")?.kind == .global)
        #expect(module.instructions(of: module.globalInitializers[0]) == [.i32(42)])
        #expect(module.export(named: "question") == nil)
    }

    @Test("names are told apart by their bytes, not by how they look")
    func exactNames() throws {
        let module = try Module(
            bytes: module(
                memorySection([0x00, 0x01]), globalSection([i32, 0x00, 0x41, 0x2A, 0x0B]),
                exportSection(text("\u{C5}") + [0x02, 0x00], text("\u{212B}") + [0x03, 0x00])))
        #expect(module.export(named: "\u{C5}")?.kind == .memory)
        #expect(module.export(named: "\u{212B}")?.kind == .global)
        #expect(module.export(named: "A\u{30A}") == nil)
    }

    @Test("segments tell where they go and what they hold")
    func segments() throws {
        let module = try Module(
            bytes: module(
                typeSection(function([], [])),
                functionSection(0, 0),
                tableSection([0x70, 0x00, 0x08]),
                memorySection([0x00, 0x01]),
                elementSection(
                    [0x00, 0x41, 0x02, 0x0B, 0x02, 0x01, 0x00],
                    [0x05, 0x70, 0x02, 0xD2, 0x01, 0x0B, 0xD0, 0x70, 0x0B]),
                codeSection(body(), body()),
                section(11, [0x00, 0x41, 0x10, 0x0B] + text("hello"), [0x01] + text("passive"))))

        let active = module.elementSegments[0]
        guard case .active(0, let offset) = active.mode, case .functions(let functions) = active.items else {
            Issue.record("an active segment of functions")
            return
        }
        #expect(module.instructions(of: offset) == [.i32(2)])
        #expect(functions == [1, 0])

        let passive = module.elementSegments[1]
        guard case .passive = passive.mode, case .expressions(let expressions) = passive.items else {
            Issue.record("a passive segment of expressions")
            return
        }
        #expect(
            expressions.map { module.instructions(of: $0) } == [
                [.referenceFunction(1)], [.referenceNull(.abstract(.function))],
            ])

        guard case .active(0, let address) = module.dataSegments[0].mode else {
            Issue.record("an active data segment")
            return
        }
        #expect(module.instructions(of: address) == [.i32(16)])
        #expect(Array(module.binary.bytes(in: module.dataSegments[0].bytes)) == Array("hello".utf8))
        #expect(Array(module.binary.bytes(in: module.dataSegments[1].bytes)) == Array("passive".utf8))
    }

    @Test("a body tells its locals and its instructions")
    func bodies() throws {
        let module = try Module(
            bytes: module(
                typeSection(function([i32], [i32])),
                functionSection(0),
                codeSection([0x02, 0x02, i64, 0x01, f32] + [0x20, 0x00, 0x41, 0x01, 0x6A, 0x0B])))
        let body = try #require(module.body(of: 0))
        #expect(body.localCount == 4)
        #expect(body.maximumStackHeight == 2)
        #expect(Array(module.binary.bytes(in: body.code)) == [0x20, 0x00, 0x41, 0x01, 0x6A, 0x0B])
    }

    @Test("custom sections are kept, wherever they stand")
    func customSections() throws {
        let module = try Module(
            bytes: module(
                customSection("first", [1, 2, 3]), memorySection([0x00, 0x01]), customSection("last", [])))
        #expect(module.customSections.map(\.name) == ["first", "last"])
        #expect(Array(module.binary.bytes(in: module.customSections[0].bytes)) == [1, 2, 3])
    }

    @Test("names of any length are shown cut")
    func longNames() throws {
        let long = String(repeating: "ä", count: 3_000_000)
        let content =
            [0x00] + sized(text(long)) + [0x01] + sized(vector([number(0) + text(long)])) + [0x02]
            + sized(vector([number(0) + vector([number(1) + text(long)])]))
        let names = try Module(bytes: module(customSection("name", content))).names
        let shown = String(repeating: "ä", count: 2048) + "…"
        #expect(names.module == shown && names.function(0) == shown && names.local(1, of: 0) == shown)
    }

    @Test("names come from the name section, and a malformed one has none")
    func names() throws {
        let functionNames = vector([number(0) + text("main"), number(7) + text("second")])
        let localNames = vector([number(0) + vector([number(1) + text("count")])])
        let content = [0x00] + sized(text("my module")) + [0x01] + sized(functionNames) + [0x02] + sized(localNames)
        let names = try Module(bytes: module(customSection("name", content))).names
        #expect(names.module == "my module")
        #expect(names.function(0) == "main")
        #expect(names.function(1) == nil)
        #expect(names.function(7) == "second")
        #expect(names.local(1, of: 0) == "count")
        #expect(names.local(0, of: 0) == nil)

        let truncated = try Module(bytes: module(customSection("name", content.dropLast(3)))).names
        #expect(truncated.function(7) == "second")
        #expect(truncated.local(1, of: 0) == nil)
        let wild = try Module(bytes: module(customSection("name", [0x01, 0x05, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]))).names
        #expect(wild.function(0) == nil)
    }

    @Test(
        "errors of structure say where and what",
        arguments: [
            (module([0x0E, 0x00]), "malformed section id", 8),
            (
                module(memorySection([0x00, 0x01]), memorySection([0x00, 0x01])),
                "unexpected content after last section", 13
            ),
            (module([0x05, 0x20, 0x00]), "length out of bounds", 8),
            (module([0x05, 0x04, 0x01, 0x00, 0x01, 0x00]), "section size mismatch", 13),
            (module([0x05, 0x03, 0x01, 0x10, 0x01]), "malformed limits flags", 11),
            (module([0x05, 0x07, 0x01, 0x00, 0x80, 0x80, 0x80, 0x80]), "length out of bounds", 8),
            (module(functionSection(0)), "unknown type 0", 11),
            (module(exportSection(text("a") + [0x00, 0x00])), "unknown function 0", 14),
            (module(section(2, [0x01, 0xFF, 0x00, 0x00, 0x00])), "malformed UTF-8 encoding", 12),
            (module(typeSection(function([], [])), functionSection(0)), "function and code section", 18),
            (module([0x08, 0x01, 0x05]), "unknown function 5", 10),
        ] as [([UInt8], String, Int)])
    func structure(bytes: [UInt8], message: String, offset: Int) throws {
        let error = try #require(refusal(of: bytes))
        #expect(error.message.hasPrefix(message))
        #expect(error.offset == offset)
    }

    @Test(
        "numbers have at most as many bytes as they need at the most, and no bit too many",
        arguments: [
            ([0x80, 0x80, 0x80, 0x80, 0x00], nil),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0x0F], nil),
            ([0x80, 0x80, 0x80, 0x80, 0x80, 0x00], "integer representation too long"),
            ([0x80, 0x80, 0x80, 0x80, 0x10], "integer too large"),
        ] as [([UInt8], String?)])
    func unsignedNumbers(bytes: [UInt8], message: String?) {
        // The offset of a load, 32 bits wide only by validation, stands beside a label, which is 32 bits wide.
        let found = refusal(of: oneFunction([], [], [0x0C] + bytes))?.message
        #expect(found?.hasPrefix(message ?? "unknown label") ?? (message == nil))
    }

    @Test(
        "signed numbers repeat their sign in the bits that are left",
        arguments: [
            ([0x7F], nil), ([0xFF, 0xFF, 0xFF, 0xFF, 0x7F], nil), ([0x80, 0x80, 0x80, 0x80, 0x78], nil),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0x4F], "integer too large"),
            ([0x80, 0x80, 0x80, 0x80, 0x08], "integer too large"),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], "integer representation too long"),
        ] as [([UInt8], String?)])
    func signedNumbers(bytes: [UInt8], message: String?) {
        let found = refusal(of: oneFunction([], [], [0x41] + bytes + [0x1A]))?.message
        #expect(found == nil ? message == nil : found == message)
    }

    @Test("a file is read as it is, and one that cannot be is named")
    func files() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/module.wasm"
        let missing = #expect(throws: ModuleFileError.self) { try ModuleBinary(contentsOfFile: path) }
        #expect(missing?.description.contains(path) == true)
        #expect(throws: ModuleFileError.self) { try ModuleBinary(contentsOfFile: directory.path) }

        try directory.write(.init(module(memorySection([0x00, 0x01]))), to: "module.wasm")
        let module = try Module(binary: ModuleBinary(contentsOfFile: path))
        #expect(module.memories.count == 1)
    }
}
