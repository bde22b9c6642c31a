import Foundation
import TestSupport
import Testing
import WebAssembly

@Suite("Line tables")
struct LineTableTests {
    /// Opcode base 13, line base -5, line range 14, and the operand counts of the twelve standard opcodes.
    private static let parameters: [UInt8] = [1, 1, 1, 0xFB, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]

    /// A sequence over addresses 2 to 8 of the code section.
    private static let program: [UInt8] = [
        0x00, 0x05, 0x02, 2, 0, 0, 0,  // set_address 2
        0x03, 9, 0x05, 4, 0x01,  // advance_line 9, set_column 4, copy: 2 is line 10, column 4
        13 + 2 * 14 + 6,  // 2 addresses on, 1 line on: 4 is line 11
        0x04, 2, 0x03, 0x7A, 0x05, 0, 0x02, 2, 0x01,  // file 2, 6 lines back, no column: 6 is line 5
        0x02, 2, 0x00, 0x01, 0x01,  // end_sequence at 8
    ]

    /// One directory, two files.
    private static let version4: [UInt8] = {
        var header = parameters
        header += Array("src\0\0".utf8)
        header += Array("main.c\0".utf8) + [1, 0, 0]
        header += Array("/usr/include/a.h\0".utf8) + [0, 0, 0, 0]
        return unit(version: 4, prefix: [], header: header, program: program)
    }()

    /// Two directories as strings, three files by the offset of their name and their directory.
    private static let version5: [UInt8] = {
        var header = parameters
        header += [1, 1, 0x08, 2] + Array("/proj\0src\0".utf8)
        header += [2, 1, 0x1F, 2, 0x0B, 3]
        header += [0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 7, 0, 0, 0, 0]
        return unit(version: 5, prefix: [4, 0], header: header, program: program)
    }()

    private static func unit(version: UInt8, prefix: [UInt8], header: [UInt8], program: [UInt8]) -> [UInt8] {
        var content: [UInt8] = [version, 0] + prefix
        content += [UInt8(header.count), 0, 0, 0] + header + program
        return [UInt8(content.count), 0, 0, 0] + content
    }

    /// A module whose code section's content is 10 bytes, from the returned offset on.
    private static func module(debugLine: [UInt8], lineStrings: [UInt8] = []) throws -> (module: Module, code: Int) {
        let before = WebAssemblyTests.module(typeSection(function([], [])), functionSection(0))
        let code = codeSection(body([UInt8](repeating: 0x01, count: 6)))
        let bytes =
            before + code + customSection(".debug_line", debugLine)
            + customSection(".debug_line_str", lineStrings)
        return (try Module(bytes: bytes), before.count + 2)
    }

    @Test("a row holds from its address to the next one's")
    func rows() throws {
        let (module, code) = try Self.module(debugLine: Self.version4)
        let places = (0..<10).map { module.sourceLocation(at: code + $0)?.description }
        #expect(
            places == [
                nil, nil, "src/main.c:10:4", "src/main.c:10:4", "src/main.c:11:4", "src/main.c:11:4",
                "/usr/include/a.h:5", "/usr/include/a.h:5", nil, nil,
            ])
    }

    @Test("version 5 names files by directories and strings of another section")
    func version5() throws {
        let strings = Array("main.c\0a.h\0".utf8)
        let (module, code) = try Self.module(debugLine: Self.version5, lineStrings: strings)
        #expect(module.sourceLocation(at: code + 2)?.description == "/proj/src/main.c:10:4")
        #expect(module.sourceLocation(at: code + 6)?.description == "/proj/a.h:5")
    }

    @Test("units that cannot be read are left out, others are not")
    func unknownVersion() throws {
        var strange = Self.version4
        strange[4] = 9
        let (module, code) = try Self.module(debugLine: strange + Self.version4)
        #expect(module.sourceLocation(at: code + 4)?.line == 11)
        #expect(try Self.module(debugLine: strange).module.sourceLocation(at: code + 4) == nil)
    }

    @Test("tables cut off or with a byte changed lead to a place or none")
    func hostileTables() throws {
        for table in [Self.version4, Self.version5] {
            for length in 0..<table.count {
                let (module, code) = try Self.module(debugLine: Array(table[..<length]))
                _ = module.sourceLocation(at: code + 4)
            }
            for place in table.indices {
                for value in [0x00, 0x01, 0x7F, 0x80, 0xFF] as [UInt8] {
                    var changed = table
                    changed[place] = value
                    let (module, code) = try Self.module(debugLine: changed, lineStrings: [0x61])
                    for offset in 0..<10 { _ = module.sourceLocation(at: code + offset) }
                }
            }
        }
    }

    @Test("a module without line tables has no places")
    func absent() throws {
        let module = try Module(bytes: oneFunction([], [], []))
        #expect(module.sourceLocation(at: 20) == nil)
    }

    /// The clang of the Swift toolchain, or another one in `PATH` with a linker for WebAssembly beside it.
    static let clang: String? = {
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let toolchains = path.map { folder in
            URL(fileURLWithPath: folder + "/swift").resolvingSymlinksInPath().deletingLastPathComponent().path
        }
        let folder = (toolchains + path).first { folder in
            ["clang", "wasm-ld"].allSatisfy { FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)") }
        }
        return folder.map { "\($0)/clang" }
    }()

    @Test(
        "the trap of a compiled C program is found in its source",
        .enabled(if: clang != nil, "neither clang nor wasm-ld in PATH"),
        arguments: ["-gdwarf-4", "-gdwarf-5"], ["-O0", "-O2"])
    func compiledProgram(format: String, optimisation: String) throws {
        let directory = try TemporaryDirectory()
        let source = """
            int doubled(int number) {
                return number * 2;
            }

            __attribute__((noinline)) void check(int number) {
                if (number > 10)
                    __builtin_trap();
            }

            int _start(void) {
                check(doubled(5));
                return 0;
            }
            """
        try directory.write(source, to: "program.c")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.clang))
        process.currentDirectoryURL = directory.url
        process.arguments = [
            "--target=wasm32-wasi", "-nostdlib", format, optimisation, "-Wl,--export-all", "-o", "program.wasm",
            "program.c",
        ]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)

        let module = try Module(binary: ModuleBinary(contentsOfFile: directory.path + "/program.wasm"))
        let check = try #require(module.export(named: "check"))
        let body = try #require(module.body(of: Int(check.index)))
        // The only `unreachable` of the function.
        let bytes = module.binary.bytes
        let trap = try #require(body.code.last { bytes[$0] == 0x00 && bytes[$0 + 1] == 0x0B })
        let place = try #require(module.sourceLocation(at: trap))
        #expect(place.file == directory.path + "/program.c" || place.file == "program.c")
        #expect(place.line == 7)
        #expect(place.column == 9)

        let start = try #require(module.export(named: "_start"))
        let call = try #require(module.body(of: Int(start.index))?.code.first { module.binary.bytes[$0] == 0x10 })
        #expect(module.sourceLocation(at: call)?.line == 11)
    }
}
