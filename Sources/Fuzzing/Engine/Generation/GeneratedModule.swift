/// Makes a valid module from a fuzzer's bytes, whatever they are, whose exported functions take no arguments, end soon,
/// and return integers that are the same wherever it runs: every other NaN than one is kept out of sight.
///
/// What makes it end is a global that each call and each turn of a loop takes one from, and that traps at zero.
struct GeneratedModule {
    /// How the same program is written down.
    enum Form {
        /// As a compiler would, so that the translator may fold operands into the instructions that use them.
        case direct
        /// Each value passes through a global, so that it cannot.
        case detached
    }

    static let structureType = 0
    static let substructureType = 1
    static let byteArrayType = 2
    static let arrayType = 3
    static let referenceArrayType = 4
    static let fixedTypeCount = 5
    static let fuel = 1000

    let bytes: [UInt8]
    /// The names of the exported functions, in the order in which to call them.
    let exportedFunctions: [String]

    init(from input: UnsafeBufferPointer<UInt8>, form: Form) {
        var choices = Choices(input)
        let options = choices.byte()
        var plan = ModulePlan(usesLegacyExceptions: options & 1 != 0, detached: form == .detached)
        for _ in 0..<1 + choices.index(below: 4) {
            let parameters = GeneratedModule.types(&choices, atMost: 4)
            plan.signatures.append(.init(parameters: parameters, results: GeneratedModule.types(&choices, atMost: 3)))
        }
        var code: [[UInt8]] = []
        for function in plan.signatures.indices {
            var generator = FunctionGenerator(function: function, plan: plan, choices: choices)
            code.append(generator.generate())
            choices = generator.choices
            plan = generator.plan
        }
        var names: [String] = []
        var exports: [[UInt8]] = []
        let signatures = plan.signatures
        for (function, signature) in signatures.enumerated() {
            for round in 0..<2 {
                var generator = FunctionGenerator(caller: function, plan: plan, choices: choices)
                code.append(generator.generateCaller(of: function, signature))
                choices = generator.choices
                plan = generator.plan
                let name = "call\(function)-\(round)"
                exports.append(Encoding.name(name) + [0] + Encoding.unsigned(code.count - 1))
                names.append(name)
            }
        }
        var generator = FunctionGenerator(caller: 0, plan: plan, choices: choices)
        code.append(generator.generateStateReader())
        plan = generator.plan
        names.append("state")
        exports.append(Encoding.name("state") + [0] + Encoding.unsigned(code.count - 1))
        exports.append(Encoding.name("memory") + [2, 0])
        exports.append(Encoding.name("memory64") + [2, 1])
        exportedFunctions = names
        bytes = plan.assemble(code: code, exports: exports)
    }

    static func types(_ choices: inout Choices, atMost count: Int) -> [GeneratedType] {
        (0..<choices.index(below: count + 1)).map { _ in
            choices.once(in: 3)
                ? GeneratedType.allCases[choices.index(below: GeneratedType.allCases.count)]
                : GeneratedType.numbers[choices.index(below: 4)]
        }
    }
}

/// The parts of a generated module outside its functions.
struct ModulePlan {
    let usesLegacyExceptions: Bool
    let detached: Bool
    /// Of the generated functions, by index.
    var signatures: [GeneratedSignature] = []
    /// The types after the fixed ones: of functions and of blocks.
    private(set) var functionTypes: [GeneratedSignature] = [
        .init(parameters: [.i32, .i64], results: []), .init(parameters: [], results: []),
    ]
    /// The types of all functions, generated ones first.
    var functionTypeIndices: [Int] = []

    static let tagOfTwo = 0
    static let tagOfNone = 1
    /// The globals: one of each type for the program, one of each for ``GeneratedModule/Form/detached``, then the fuel.
    static let detachingGlobals = GeneratedType.allCases.count
    static let fuelGlobal = 2 * GeneratedType.allCases.count

    init(usesLegacyExceptions: Bool, detached: Bool) {
        self.usesLegacyExceptions = usesLegacyExceptions
        self.detached = detached
    }

    /// The index of a function's or block's type.
    mutating func type(_ signature: GeneratedSignature) -> Int {
        if let known = functionTypes.firstIndex(of: signature) { return GeneratedModule.fixedTypeCount + known }
        functionTypes.append(signature)
        return GeneratedModule.fixedTypeCount + functionTypes.count - 1
    }

    mutating func assemble(code: [[UInt8]], exports: [[UInt8]]) -> [UInt8] {
        let generatedTypes = signatures.map { type($0) }
        let types = generatedTypes + functionTypeIndices
        let structure: [[UInt8]] = [[0x7F, 1], [0x7E, 1], [0x78, 1], [0x7C, 1], [0x63, 0, 1]]
        var typeEncodings: [[UInt8]] = [
            [0x50, 0, 0x5F] + Encoding.vector(structure),
            [0x4F, 1, 0, 0x5F] + Encoding.vector(structure + [[0x7B, 1]]),
            [0x5E, 0x78, 1],
            [0x5E, 0x7E, 1],
            [0x5E, 0x6E, 1],
        ]
        for signature in functionTypes {
            typeEncodings.append(
                [0x60] + Encoding.vector(signature.parameters.map(\.encoding))
                    + Encoding.vector(signature.results.map(\.encoding)))
        }
        let values = GeneratedType.allCases.map { $0.encoding + [1] + $0.defaultValue + [0x0B] }
        let fuel = [0x7F, 1, 0x41] + Encoding.signed(Int64(GeneratedModule.fuel)) + [0x0B]
        let functions = signatures.indices.map { Encoding.unsigned($0) }
        let data: [UInt8] = (0..<64).map { UInt8($0 &* 37 & 0xFF) }
        var bytes: [UInt8] = [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0]
        bytes += Encoding.section(1, Encoding.vector(typeEncodings))
        bytes += Encoding.section(3, Encoding.vector(types.map { Encoding.unsigned($0) }))
        bytes += Encoding.section(4, Encoding.vector([[0x70, 1, 10, 20], [0x6E, 5, 5, 12]]))
        bytes += Encoding.section(5, Encoding.vector([[1, 1, 4], [5, 1, 2]]))
        let tags = [0, 1].map { [0] + Encoding.unsigned(GeneratedModule.fixedTypeCount + $0) }
        bytes += Encoding.section(13, Encoding.vector(tags))
        bytes += Encoding.section(6, Encoding.vector(values + values + [fuel]))
        bytes += Encoding.section(7, Encoding.vector(exports))
        bytes += Encoding.section(
            9,
            Encoding.vector([[0, 0x41, 1, 0x0B] + Encoding.vector(functions), [1, 0] + Encoding.vector(functions)]))
        bytes += Encoding.section(12, [2])
        bytes += Encoding.section(10, Encoding.vector(code.map { Encoding.unsigned($0.count) + $0 }))
        let segment = Encoding.unsigned(data.count) + data
        bytes += Encoding.section(11, Encoding.vector([[0, 0x41, 0, 0x0B] + segment, [1] + segment]))
        return bytes
    }
}
