import WebAssembly

/// The words of the text format and of scripts that are not just an instruction's mnemonic.
enum Keyword: UInt8, CaseIterable {
    // Modules and their fields.
    case module = 1
    case type, rec, sub, final, field, mut, param, result, local, `import`, export, global, table, memory
    case tag, start, elem, data, declare, offset, item, shared, binary, quote, definition, instance

    // Value and heap types; `func`, `struct` and `array` are definitions as well.
    case i8, i16, i32, i64, f32, f64, v128, ref, null, `func`, extern, any, eq, i31, `struct`, array, none, nofunc
    case noextern, exn, noexn, funcref, externref, anyref, eqref, i31ref, structref, arrayref, nullref, nullfuncref
    case nullexternref, exnref, nullexnref

    // Structured instructions, and `select`, which has two encodings.
    case block, loop, `if`, then, `else`, end, `try`, `do`, `catch`, catchAll, delegate, tryTable, catchRef
    case catchAllRef, select

    // The shapes of a vector.
    case i8x16, i16x8, i32x4, i64x2, f32x4, f64x2

    // Places of a custom section.
    case before, after, first, last, code, datacount

    // Scripts.
    case register, invoke, get, assertReturn, assertTrap, assertExhaustion, assertException, assertMalformed
    case assertMalformedCustom, assertInvalid, assertInvalidCustom, assertUnlinkable, either, refExtern, refHost
    case refAny, refStruct, refArray, refExn, nanCanonical, nanArithmetic

    /// How the word is written.
    var spelling: String {
        switch self {
        case .catchAll: "catch_all"
        case .tryTable: "try_table"
        case .catchRef: "catch_ref"
        case .catchAllRef: "catch_all_ref"
        case .assertReturn: "assert_return"
        case .assertTrap: "assert_trap"
        case .assertExhaustion: "assert_exhaustion"
        case .assertException: "assert_exception"
        case .assertMalformed: "assert_malformed"
        case .assertMalformedCustom: "assert_malformed_custom"
        case .assertInvalid: "assert_invalid"
        case .assertInvalidCustom: "assert_invalid_custom"
        case .assertUnlinkable: "assert_unlinkable"
        case .refExtern: "ref.extern"
        case .refHost: "ref.host"
        case .refAny: "ref.any"
        case .refStruct: "ref.struct"
        case .refArray: "ref.array"
        case .refExn: "ref.exn"
        case .nanCanonical: "nan:canonical"
        case .nanArithmetic: "nan:arithmetic"
        default: "\(self)"
        }
    }

    var code: KeywordCode { KeywordCode(self) }
}

/// What a keyword token means: nothing known, a ``Keyword``, or the mnemonic of an instruction.
struct KeywordCode: Equatable {
    let value: UInt32

    /// The values from here on are an opcode's raw value plus this.
    static let firstOpcode: UInt32 = 0x1_0000

    init(value: UInt32) {
        self.value = value
    }

    init(_ keyword: Keyword) {
        value = UInt32(keyword.rawValue)
    }

    init(_ opcode: Opcode) {
        value = Self.firstOpcode + UInt32(opcode.rawValue)
    }

    var keyword: Keyword? {
        value < Self.firstOpcode ? Keyword(rawValue: UInt8(truncatingIfNeeded: value)) : nil
    }
}

/// Finds the meaning of a word.
struct KeywordTable {
    private let words: SymbolTable
    private let codes: [UInt32]

    static let shared = KeywordTable()

    private init() {
        var words = SymbolTable()
        var codes: [UInt32] = []
        func add(_ spelling: String, _ code: KeywordCode) {
            let bytes = Array(spelling.utf8)
            let symbol = words.intern(bytes[...], hash: SymbolTable.hash(bytes))
            // A structural keyword wins over the mnemonic of the same spelling, and the first of an instruction's
            // encodings over the later ones.
            if symbol == codes.count { codes.append(code.value) }
        }
        for keyword in Keyword.allCases { add(keyword.spelling, keyword.code) }
        for instruction in InstructionSet.instructions { add(instruction.mnemonic, KeywordCode(instruction.opcode)) }
        self.words = words
        self.codes = codes
    }

    @inline(__always)
    func code(of word: ArraySlice<UInt8>, hash: UInt32) -> UInt32 {
        guard let symbol = words.find(word, hash: hash) else { return 0 }
        return codes[Int(symbol)]
    }
}
