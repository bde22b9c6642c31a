import WebAssembly

/// Makes the body of one function of a generated module: statements and typed expressions, chosen by the fuzzer.
struct FunctionGenerator {
    var choices: Choices
    var plan: ModulePlan
    var code: [UInt8] = []
    let signature: GeneratedSignature
    /// What a branch to each enclosing label passes, innermost last.
    var labels: [[GeneratedType]]

    /// A function grows until here; then only leaves follow.
    private static let codeLimit = 6000
    private static let maximumDepth = 7

    init(function: Int, plan: ModulePlan, choices: Choices) {
        self.choices = choices
        self.plan = plan
        signature = plan.signatures[function]
        labels = [signature.results]
    }

    /// For a function without parameters that calls generated ones.
    init(caller: Int, plan: ModulePlan, choices: Choices) {
        self.choices = choices
        self.plan = plan
        signature = GeneratedSignature(parameters: [], results: [])
        labels = [[]]
    }

    mutating func generate() -> [UInt8] {
        takeFuel()
        statements(depth: 0)
        for type in signature.results { expression(type, depth: 1) }
        return finish()
    }

    private func finish() -> [UInt8] {
        let scratch: [GeneratedType] = [.f32, .f64, .v128]
        let declarations = (GeneratedType.allCases + scratch).map { [1] + $0.encoding }
        return Encoding.vector(declarations) + code + [0x0B]
    }

    // MARK: Callers

    /// A function that calls `function` with constants and returns what it returns as integers.
    mutating func generateCaller(of function: Int, _ called: GeneratedSignature) -> [UInt8] {
        emit([0x41] + Encoding.signed(Int64(GeneratedModule.fuel)) + [0x24] + Encoding.unsigned(ModulePlan.fuelGlobal))
        for type in called.parameters { constant(type) }
        emit([0x10] + Encoding.unsigned(function))
        for type in called.results.reversed() { local(0x21, variable(type)) }
        var results: [GeneratedType] = []
        for type in GeneratedType.allCases where called.results.contains(type) {
            local(0x20, variable(type))
            asIntegers(type, &results)
        }
        plan.functionTypeIndices.append(plan.type(.init(parameters: [], results: results)))
        return finish()
    }

    /// A function that returns all globals as integers.
    mutating func generateStateReader() -> [UInt8] {
        var results: [GeneratedType] = []
        for type in GeneratedType.allCases {
            emit([0x23] + Encoding.unsigned(type.rawValue))
            asIntegers(type, &results)
        }
        plan.functionTypeIndices.append(plan.type(.init(parameters: [], results: results)))
        return finish()
    }

    /// Turns the value on top of the stack into integers; of references only whether they are null.
    private mutating func asIntegers(_ type: GeneratedType, _ results: inout [GeneratedType]) {
        switch type {
        case .i32, .i64: results.append(type)
        case .f32:
            hideNaN(.f32)
            emit([0xBC])
            results.append(.i32)
        case .f64:
            hideNaN(.f64)
            emit([0xBD])
            results.append(.i64)
        case .v128:
            local(0x22, scratch(.v128))
            emit([0xFD, 0x1D, 0])
            local(0x20, scratch(.v128))
            emit([0xFD, 0x1D, 1])
            results += [.i64, .i64]
        default:
            emit([0xD1])
            results.append(.i32)
        }
    }

    // MARK: Emission

    mutating func emit(_ bytes: [UInt8]) { code += bytes }

    mutating func emit(_ opcode: Opcode, _ immediates: [UInt8] = []) { code += opcode.encoding + immediates }

    mutating func local(_ opcode: UInt8, _ index: Int) { code += [opcode] + Encoding.unsigned(index) }

    mutating func integer(_ value: Int64, _ type: GeneratedType = .i32) {
        emit([type == .i64 ? 0x42 : 0x41] + Encoding.signed(value))
    }

    /// A local of the type, one of the parameters perhaps.
    mutating func anyVariable(_ type: GeneratedType) -> Int {
        let parameters = signature.parameters.indices.filter { signature.parameters[$0] == type }
        let chosen = choices.index(below: parameters.count + 1)
        return chosen < parameters.count ? parameters[chosen] : variable(type)
    }

    func variable(_ type: GeneratedType) -> Int { signature.parameters.count + type.rawValue }

    func scratch(_ type: GeneratedType) -> Int {
        let place = type == .f32 ? 0 : type == .f64 ? 1 : 2
        return signature.parameters.count + GeneratedType.allCases.count + place
    }

    mutating func takeFuel() {
        let fuel = Encoding.unsigned(ModulePlan.fuelGlobal)
        emit([0x23] + fuel + [0x45, 0x04, 0x40, 0x00, 0x0B])
        emit([0x23] + fuel + [0x41, 1, 0x6B, 0x24] + fuel)
    }

    /// Replaces any NaN on top of the stack by one and the same.
    mutating func hideNaN(_ type: GeneratedType) {
        switch type {
        case .f32:
            local(0x22, scratch(.f32))
            emit([0x43, 0, 0, 0xC0, 0x7F])
            local(0x20, scratch(.f32))
            local(0x20, scratch(.f32))
            emit([0x5B, 0x1B])
        case .f64:
            local(0x22, scratch(.f64))
            emit([0x44, 0, 0, 0, 0, 0, 0, 0xF8, 0x7F])
            local(0x20, scratch(.f64))
            local(0x20, scratch(.f64))
            emit([0x61, 0x1B])
        default: break
        }
    }

    /// The same for the lanes of a vector, by the instruction that compares them.
    mutating func hideNaNs(comparison: Opcode) {
        local(0x22, scratch(.v128))
        emit(
            .v128Const,
            comparison == .f32x4Eq
                ? [0, 0, 0xC0, 0x7F, 0, 0, 0xC0, 0x7F, 0, 0, 0xC0, 0x7F, 0, 0, 0xC0, 0x7F]
                : [0, 0, 0, 0, 0, 0, 0xF8, 0x7F, 0, 0, 0, 0, 0, 0, 0xF8, 0x7F])
        local(0x20, scratch(.v128))
        local(0x20, scratch(.v128))
        emit(comparison)
        emit(.v128Bitselect)
    }

    func isAtLimit(_ depth: Int) -> Bool {
        depth >= FunctionGenerator.maximumDepth || code.count > FunctionGenerator.codeLimit || choices.isExhausted
    }

    mutating func anyType() -> GeneratedType {
        choices.once(in: 3)
            ? GeneratedType.allCases[choices.index(below: GeneratedType.allCases.count)]
            : GeneratedType.numbers[choices.index(below: 4)]
    }

    mutating func constant(_ type: GeneratedType) {
        switch type {
        case .i32: integer(Int64(Int32(truncatingIfNeeded: choices.number(byteCount: 4))))
        case .i64: integer(Int64(bitPattern: choices.number(byteCount: 8)), .i64)
        case .f32: emit([0x43] + Encoding.fixed(choices.number(byteCount: 4), byteCount: 4))
        case .f64: emit([0x44] + Encoding.fixed(choices.number(byteCount: 8), byteCount: 8))
        case .v128:
            emit(
                .v128Const,
                Encoding.fixed(choices.number(byteCount: 8), byteCount: 8)
                    + Encoding.fixed(choices.number(byteCount: 8), byteCount: 8))
        case .function: emit([0xD2] + Encoding.unsigned(choices.index(below: plan.signatures.count)))
        case .any, .i31:
            integer(Int64(choices.byte()))
            emit(.refI31)
        case .structure: emit(.structNewDefault, [UInt8(choices.index(below: 2))])
        case .array:
            integer(Int64(choices.index(below: 9)))
            emit(.arrayNewDefault, [UInt8(GeneratedModule.arrayType)])
        case .external:
            integer(Int64(choices.byte()))
            emit(.refI31)
            emit(.externConvertAny)
        case .exception: emit(type.defaultValue)
        }
    }

    // MARK: Expressions

    /// Code that leaves a value of the type.
    mutating func expression(_ type: GeneratedType, depth: Int) {
        if isAtLimit(depth) {
            switch choices.index(below: 3) {
            case 0: emit(type.defaultValue)
            case 1: constant(type)
            default: local(0x20, anyVariable(type))
            }
        } else {
            switch choices.index(below: 16) {
            case 0: constant(type)
            case 1, 2: local(0x20, anyVariable(type))
            case 3: emit([0x23] + Encoding.unsigned(type.rawValue))
            case 4:
                expression(type, depth: depth + 1)
                local(0x22, anyVariable(type))
            case 5: structured(type, depth: depth + 1)
            case 6: call(returning: type, depth: depth + 1)
            case 7: selection(type, depth: depth + 1)
            case 8: branchWithValue(type, depth: depth + 1)
            default: operation(type, depth: depth + 1)
            }
        }
        if plan.detached {
            let global = Encoding.unsigned(ModulePlan.detachingGlobals + type.rawValue)
            emit([0x24] + global + [0x23] + global)
        }
    }

    private mutating func operation(_ type: GeneratedType, depth: Int) {
        if type.isReference { return reference(type, depth: depth) }
        if type == .i32, choices.once(in: 5) { return question(depth: depth) }
        if type == .i64 || type == .f64, choices.once(in: 8) { return element(type, depth: depth) }
        simple(type, depth: depth)
    }

    private mutating func selection(_ type: GeneratedType, depth: Int) {
        expression(type, depth: depth)
        expression(type, depth: depth)
        expression(.i32, depth: depth)
        emit(type.isReference || choices.once(in: 4) ? [0x1C, 1] + type.encoding : [0x1B])
    }

    private mutating func branchWithValue(_ type: GeneratedType, depth: Int) {
        guard let label = labels.indices.last(where: { labels[$0] == [type] }) else {
            return operation(type, depth: depth)
        }
        expression(type, depth: depth)
        expression(.i32, depth: depth)
        emit([0x0D] + Encoding.unsigned(labels.count - 1 - label))
    }

    /// A block, loop, conditional or handler that leaves a value of the type.
    private mutating func structured(_ type: GeneratedType, depth: Int) {
        switch choices.index(below: 6) {
        case 0: block(0x02, type, label: [type], depth: depth)
        case 1:
            emit([0x03] + type.encoding)
            labels.append([])
            takeFuel()
            statements(depth: depth)
            expression(type, depth: depth)
            if choices.once(in: 2) {
                expression(.i32, depth: depth)
                emit([0x0D, 0])
            }
            end()
        case 2:
            expression(.i32, depth: depth)
            emit([0x04] + type.encoding)
            labels.append([type])
            statements(depth: depth)
            expression(type, depth: depth)
            emit([0x05])
            expression(type, depth: depth)
            end()
        case 3:
            // A block with parameters.
            let parameter = anyType()
            expression(parameter, depth: depth)
            let signature = GeneratedSignature(parameters: [parameter], results: [type])
            emit([0x02] + Encoding.signed(Int64(plan.type(signature))))
            labels.append([type])
            if parameter != type || choices.once(in: 2) {
                local(0x21, anyVariable(parameter))
                expression(type, depth: depth)
            }
            end()
        case 4 where plan.usesLegacyExceptions: legacyHandler(type, depth: depth)
        default: handler(type, depth: depth)
        }
    }

    private mutating func block(_ opcode: UInt8, _ type: GeneratedType, label: [GeneratedType], depth: Int) {
        emit([opcode] + type.encoding)
        labels.append(label)
        statements(depth: depth)
        expression(type, depth: depth)
        end()
    }

    mutating func end() {
        emit([0x0B])
        labels.removeLast()
    }

    /// The operands of a call.
    mutating func operands(_ types: [GeneratedType], depth: Int) {
        for type in types { expression(type, depth: depth) }
    }

    private mutating func call(returning type: GeneratedType, depth: Int) {
        let candidates = plan.signatures.indices.filter { plan.signatures[$0].results.contains(type) }
        guard !candidates.isEmpty else { return operation(type, depth: depth) }
        let function = candidates[choices.index(below: candidates.count)]
        let called = plan.signatures[function]
        operands(called.parameters, depth: depth)
        switch choices.index(below: 4) {
        case 0:
            // The table has the functions from element 1 on.
            if choices.once(in: 16) { expression(.i32, depth: depth) } else { integer(Int64(function + 1)) }
            emit([0x11] + Encoding.unsigned(plan.type(called)) + [0])
        case 1:
            emit([0xD2] + Encoding.unsigned(function))
            emit([0x14] + Encoding.unsigned(plan.type(called)))
        default: emit([0x10] + Encoding.unsigned(function))
        }
        keepOne(type, of: called.results)
    }

    /// Leaves the one of the values on the stack that has the type.
    private mutating func keepOne(_ type: GeneratedType, of results: [GeneratedType]) {
        if results == [type] { return }
        for result in results.reversed() {
            if result == type { local(0x21, variable(type)) } else { emit([0x1A]) }
        }
        local(0x20, variable(type))
    }
}
