import Testing
import WebAssembly

@Suite("Validating functions")
struct FunctionValidationTests {
    @Test(
        "operands must be there and of the right type",
        arguments: [
            ([0x6A, 0x1A], "type mismatch: instruction requires [i32] but stack has []"),
            ([0x42, 0x00, 0x45, 0x1A], "type mismatch: instruction requires [i32] but stack has [i64]"),
            ([0x41, 0x00], "type mismatch: block requires [] but stack has [i32]"),
            ([0x02, i32, 0x0B, 0x1A], "type mismatch: instruction requires [i32] but stack has []"),
            ([0x20, 0x00, 0x1A], "unknown local 0"),
            ([0x23, 0x00, 0x1A], "unknown global 0"),
            ([0x10, 0x09], "unknown function 9"),
            ([0x0C, 0x01], "unknown label 1"),
            ([0x41, 0x00, 0x28, 0x02, 0x00, 0x1A], "unknown memory 0"),
            ([0x41, 0x00, 0x25, 0x00, 0x1A], "unknown table 0"),
            ([0xD2, 0x00, 0x1A], "undeclared function reference"),
            ([0xFF], "illegal opcode ff"),
            ([0xFD, 0x9A, 0x01], "illegal opcode fd 9a 01"),
            ([0x05], "unexpected token: else without if"),
            ([0x08, 0x00], "unknown tag 0"),
            ([0x09, 0x00], "invalid rethrow label"),
        ] as [([UInt8], String)])
    func brokenRules(instructions: [UInt8], message: String) throws {
        let error = try #require(refusal(of: oneFunction([], [], instructions)))
        #expect(error.message.hasPrefix(message), "\(error)")
        #expect(error.functionIndex == 0)
    }

    @Test(
        "after a branch that is always taken, operands are whatever is needed",
        arguments: [
            [0x00, 0x6A, 0x1A],  // unreachable, i32.add, drop
            [0x0F, 0x1B, 0x1A],  // return, select, drop
            [0x00, 0x41, 0x00, 0x1B, 0x1A],  // unreachable, i32.const, select, drop
            [0x02, 0x40, 0x0C, 0x00, 0xA7, 0x1A, 0x0B],  // block, br 0, i32.wrap_i64, drop, end
            [0x00, 0xD4, 0x1A],  // unreachable, ref.as_non_null, drop
        ] as [[UInt8]])
    func unreachableCode(instructions: [UInt8]) {
        #expect(refusal(of: oneFunction([], [], instructions)) == nil)
    }

    @Test("operands of unreachable code still have their types")
    func unreachableMismatch() throws {
        let error = try #require(refusal(of: oneFunction([], [], [0x00, 0x42, 0x00, 0x45, 0x1A])))
        #expect(error.message.hasPrefix("type mismatch"))
    }

    @Test("an error names the function, its name and the offset of the instruction")
    func place() throws {
        let names = [0x01] + sized(vector([number(1) + text("broken")]))
        let bytes = module(
            typeSection(function([], [])), functionSection(0, 0),
            codeSection(body(), body([0x01, 0x6A])), customSection("name", names))
        let error = try #require(refusal(of: bytes))
        #expect(error.functionIndex == 1)
        #expect(error.functionName == "broken")
        #expect(bytes[error.offset] == 0x6A)
        #expect(
            error.description == """
                invalid module at offset 0x\(String(error.offset, radix: 16)), in function 1 (broken): type mismatch: \
                instruction requires [i32] but stack has []
                """)
    }

    @Test("of several invalid functions the first is reported, on any number of threads")
    func determinism() throws {
        // Enough code for several threads, and errors near the front and the back of it.
        let valid = body([UInt8](repeating: 0x01, count: 2_000))
        for invalid in [3, 150, 498] {
            var bodies = [[UInt8]](repeating: valid, count: 500)
            for index in [invalid, 499] { bodies[index] = body([0x6A, 0x1A]) }
            let bytes = module(
                typeSection(function([], [])),
                [3] + sized(vector([[UInt8]](repeating: [0], count: 500))),
                [10] + sized(vector(bodies.map(sized))))
            #expect(refusal(of: bytes)?.functionIndex == invalid)
        }
    }

    @Test("locals without a default value are set before they are read")
    func initialisation() {
        // One local of type (ref func).
        func uses(_ instructions: [UInt8]) -> String? {
            refusal(
                of: module(
                    typeSection(function([], [])), functionSection(0), exportSection(text("f") + [0x00, 0x00]),
                    codeSection([0x01, 0x01, 0x64, 0x70] + instructions + [0x0B])))?.message
        }
        #expect(uses([0x20, 0x00, 0x1A]) == "uninitialized local 0")
        #expect(uses([0xD2, 0x00, 0x21, 0x00, 0x20, 0x00, 0x1A]) == nil)
        // Set in a block, it is not set after it.
        #expect(uses([0x02, 0x40, 0xD2, 0x00, 0x21, 0x00, 0x0B, 0x20, 0x00, 0x1A]) == "uninitialized local 0")
    }

    @Test(
        "memory arguments stay within alignment, offset and lanes",
        arguments: [
            ([0x41, 0x00, 0x28, 0x02, 0x00, 0x1A], nil),
            ([0x41, 0x00, 0x28, 0x03, 0x00, 0x1A], "alignment must not be larger than natural"),
            ([0x41, 0x00, 0x28, 0x42, 0x00, 0x00, 0x1A], nil),
            ([0x41, 0x00, 0x28, 0x42, 0x01, 0x00, 0x1A], "unknown memory 1"),
            ([0x41, 0x00, 0x28, 0x80, 0x01, 0x00, 0x1A], "malformed memop flags"),
            ([0x41, 0x00, 0x28, 0x02, 0x80, 0x80, 0x80, 0x80, 0x10, 0x1A], "offset out of range"),
            ([0x41, 0x00, 0xFE, 0x10, 0x02, 0x00, 0x1A], nil),
            ([0x41, 0x00, 0xFE, 0x10, 0x01, 0x00, 0x1A], "atomic alignment must be natural"),
            ([0x41, 0x00, 0x41, 0x00, 0xFD, 0x0F, 0xFD, 0x56, 0x02, 0x00, 0x03, 0x1A], nil),
            ([0x41, 0x00, 0x41, 0x00, 0xFD, 0x0F, 0xFD, 0x56, 0x02, 0x00, 0x04, 0x1A], "invalid lane index"),
        ] as [([UInt8], String?)])
    func memoryArguments(instructions: [UInt8], message: String?) {
        let bytes = module(
            typeSection(function([], [])), functionSection(0), memorySection([0x00, 0x01]),
            codeSection(body(instructions)))
        #expect(refusal(of: bytes)?.message == message)
    }

    @Test("legacy exception handling is part of all features, and can be left out")
    func legacyExceptions() {
        let handled: [UInt8] = [0x06, 0x40, 0x19, 0x09, 0x00, 0x0B]  // try, catch_all, rethrow 0, end
        #expect(refusal(of: oneFunction([], [], handled)) == nil)
        #expect(refusal(of: oneFunction([], [], handled), features: [])?.message == "illegal opcode 06")
        let delegated: [UInt8] = [0x06, 0x40, 0x18, 0x00]  // try, delegate 0
        #expect(refusal(of: oneFunction([], [], delegated)) == nil)
        let rethrown: [UInt8] = [0x06, 0x40, 0x09, 0x00, 0x19, 0x0B]  // try, rethrow 0, catch_all, end
        #expect(refusal(of: oneFunction([], [], rethrown))?.message == "invalid rethrow label")
    }

    @Test("try_table passes to its labels what its clauses catch")
    func exceptionTables() {
        func catching(_ clause: [UInt8], into result: [UInt8]) -> String? {
            refusal(
                of: module(
                    typeSection(function([i32], []), function([], [])), functionSection(1), section(13, [0x00, 0x00]),
                    codeSection(
                        body(
                            [0x02] + result, [0x1F, 0x40, 0x01] + clause + [0x0B, 0x00, 0x0B],
                            result == [0x40] ? [] : [0x1A]))))?.message
        }
        #expect(catching([0x00, 0x00, 0x00], into: [i32]) == nil)
        #expect(catching([0x02, 0x00], into: [0x40]) == nil)
        #expect(catching([0x03, 0x00], into: [0x69]) == nil)
        #expect(catching([0x00, 0x00, 0x00], into: [i64])?.hasPrefix("type mismatch") == true)
        #expect(catching([0x02, 0x00], into: [i32])?.hasPrefix("type mismatch") == true)
        #expect(catching([0x04, 0x00], into: [0x40]) == "malformed catch clause")
    }
}
