import Testing
import WebAssembly

@Suite("Hostile modules")
struct HostileModuleTests {
    @Test("counts beyond the bytes there are reserve nothing", arguments: [UInt8](1...11).filter { $0 != 8 })
    func counts(section: UInt8) throws {
        let error = try #require(refusal(of: module([section, 0x05, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F])))
        #expect(error.message.hasPrefix("unexpected end of section or function"))
    }

    @Test("locals are limited before they are stored")
    func locals() throws {
        func declaring(_ runs: [UInt8]...) -> ModuleError? {
            refusal(
                of: module(
                    typeSection(function([], [])), functionSection(0), codeSection(vector(runs) + [0x0B])))
        }
        #expect(declaring(number(50_000) + [i32]) == nil)
        #expect(declaring(number(50_000) + [i32], [0x01, i64])?.kind == .unsupported)
        #expect(declaring(number(0xFFFF_FFFF) + [i32])?.kind == .unsupported)
        #expect(declaring(number(0xFFFF_FFFF) + [i32], [0x01, i64])?.message == "too many locals")
    }

    @Test("blocks in each other are limited")
    func nesting() throws {
        func nested(_ depth: Int) -> ModuleError? {
            refusal(
                of: oneFunction(
                    [], [],
                    [UInt8]((0..<depth).flatMap { _ in [0x02, 0x40] as [UInt8] })
                        + [UInt8](repeating: 0x0B, count: depth)))
        }
        #expect(nested(50_000) == nil)
        #expect(nested(150_000)?.kind == .unsupported)
    }

    @Test("operands on the stack are limited, since two bytes can push a thousand")
    func operands() throws {
        let results = [UInt8](repeating: i32, count: 1000)
        let calls = [UInt8]((0..<1_500).flatMap { _ in [0x10, 0x00] as [UInt8] })
        let error = try #require(
            refusal(
                of: module(
                    typeSection(function([], results), function([], [])), functionSection(0, 1),
                    codeSection(body([0x00]), body(calls, [0x00])))))
        #expect(error.kind == .unsupported)
        #expect(error.message.contains("operands"))
    }

    @Test("function types are limited in parameters and results")
    func arity() {
        func parameters(_ count: Int) -> ModuleError? {
            refusal(of: module(typeSection(function([UInt8](repeating: i32, count: count), []))))
        }
        #expect(parameters(1000) == nil)
        #expect(parameters(1001)?.kind == .unsupported)
    }

    @Test("chains of supertypes are limited")
    func supertypes() {
        func chain(_ length: Int) -> ModuleError? {
            let types = (0..<length).map { index -> [UInt8] in
                index == 0 ? [0x50, 0x00, 0x5F, 0x00] : [0x50, 0x01] + number(index - 1) + [0x5F, 0x00]
            }
            return refusal(of: module([1] + sized(vector(types))))
        }
        #expect(chain(64) == nil)
        #expect(chain(65)?.kind == .unsupported)
    }

    @Test("a module that ends within a section is refused, and not read past its end")
    func prefixes() throws {
        let sections = [
            typeSection(function([i32], [i32])),
            section(2, text("env") + text("f") + [0x00, 0x00]),
            functionSection(0),
            tableSection([0x70, 0x00, 0x02]),
            memorySection([0x01, 0x01, 0x02]),
            globalSection([i64, 0x01, 0x42, 0x80, 0x7F, 0x0B]),
            exportSection(text("run") + [0x00, 0x01]),
            elementSection([0x00, 0x41, 0x00, 0x0B, 0x01, 0x01]),
            codeSection(body([0x20, 0x00, 0x10, 0x00])),
            section(11, [0x00, 0x41, 0x00, 0x0B] + text("data")),
        ]
        let whole = module() + sections.flatMap { $0 }
        #expect(refusal(of: whole) == nil)
        var boundaries: Set<Int> = [8]
        var end = 8
        for section in sections {
            end += section.count
            boundaries.insert(end)
        }
        for length in 0..<whole.count where !boundaries.contains(length) {
            #expect(refusal(of: Array(whole[..<length]))?.kind == .malformed, "a prefix of \(length) bytes")
        }
    }

    @Test("modules with a byte changed are refused or accepted, never read out of bounds")
    func changedBytes() {
        let whole = module(
            typeSection(function([i32], [i32]), [0x5F, 0x01, 0x6E, 0x01], [0x5E, 0x78, 0x01]),
            functionSection(0),
            tableSection([0x70, 0x00, 0x02]),
            memorySection([0x00, 0x01]),
            codeSection(
                body(
                    [0x02, i32, 0x20, 0x00, 0x41, 0x00, 0x0E, 0x01, 0x00, 0x00, 0x0B],
                    [0x28, 0x02, 0x04], [0xFD, 0x0F, 0xFD, 0x1B, 0x03], [0xFB, 0x1C, 0xFB, 0x1D])))
        for place in 8..<whole.count {
            for value in [0x00, 0x01, 0x40, 0x7F, 0x80, 0xFC, 0xFF] as [UInt8] {
                var changed = whole
                changed[place] = value
                if let error = refusal(of: changed) { #expect(error.offset <= changed.count) }
            }
        }
    }
}
