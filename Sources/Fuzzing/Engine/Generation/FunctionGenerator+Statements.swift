import WebAssembly

extension FunctionGenerator {
    mutating func statements(depth: Int) {
        guard !isAtLimit(depth) else { return }
        for _ in 0..<choices.index(below: 4) { statement(depth: depth + 1) }
    }

    private mutating func statement(depth: Int) {
        guard !isAtLimit(depth) else { return }
        switch choices.index(below: 20) {
        case 0, 1, 2:
            let type = anyType()
            expression(type, depth: depth)
            local(0x21, anyVariable(type))
        case 3:
            let type = anyType()
            expression(type, depth: depth)
            emit([0x24] + Encoding.unsigned(type.rawValue))
        case 4, 5, 6: simple(nil, depth: depth)
        case 7:
            expression(anyType(), depth: depth)
            emit([0x1A])
        case 8:
            expression(.i32, depth: depth)
            emit([0x04, 0x40])
            labels.append([])
            statements(depth: depth)
            if choices.once(in: 2) {
                emit([0x05])
                statements(depth: depth)
            }
            end()
        case 9:
            // A loop that counts down.
            let counter = variable(choices.once(in: 2) ? .i64 : .i32)
            let is64Bit = counter == variable(.i64)
            integer(Int64(choices.index(below: 20)), is64Bit ? .i64 : .i32)
            local(0x21, counter)
            emit([0x03, 0x40])
            labels.append([])
            takeFuel()
            statements(depth: depth)
            local(0x20, counter)
            integer(1, is64Bit ? .i64 : .i32)
            emit([is64Bit ? 0x7D : 0x6B])
            local(0x22, counter)
            if is64Bit { emit([0x50, 0x45]) }
            emit([0x0D, 0])
            end()
        case 10: branch(depth: depth)
        case 11: emit([0x01])
        case 12: bulkMemory(depth: depth)
        case 13: tables(depth: depth)
        case 14: objects(depth: depth)
        case 15 where choices.once(in: 3):
            operands([.i32, .i64], depth: depth)
            emit([0x08, UInt8(ModulePlan.tagOfTwo)])
        case 16 where choices.once(in: 3): leave(depth: depth)
        case 17:
            emit([0x02, 0x40])
            labels.append([])
            statements(depth: depth)
            end()
        default:
            let type = GeneratedType.numbers[choices.index(below: 4)]
            expression(type, depth: depth)
            local(0x21, anyVariable(type))
        }
    }

    /// A branch out of a block, whose label's values it brings along.
    private mutating func branch(depth: Int) {
        let target = choices.index(below: labels.count)
        let types = labels[target]
        operands(types, depth: depth)
        let label = Encoding.unsigned(labels.count - 1 - target)
        switch choices.index(below: 4) {
        case 0, 1:
            expression(.i32, depth: depth)
            emit([0x0D] + label)
            for _ in types { emit([0x1A]) }
        case 2:
            let others = labels.indices.filter { labels[$0] == types }
            let entries = (0..<choices.index(below: 5)).map { _ in
                Encoding.unsigned(labels.count - 1 - others[choices.index(below: others.count)])
            }
            expression(.i32, depth: depth)
            integer(7)
            emit([0x71, 0x0E] + Encoding.vector(entries) + label)
        default: emit([0x0C] + label)
        }
    }

    /// Leaves the function: by return or by a tail call.
    private mutating func leave(depth: Int) {
        let candidates = plan.signatures.indices.filter { plan.signatures[$0].results == labels[0] }
        if labels[0] == signature.results, choices.once(in: 2), !candidates.isEmpty {
            let function = candidates[choices.index(below: candidates.count)]
            let called = plan.signatures[function]
            operands(called.parameters, depth: depth)
            switch choices.index(below: 3) {
            case 0: emit([0x12] + Encoding.unsigned(function))
            case 1:
                integer(Int64(function + 1))
                emit([0x13] + Encoding.unsigned(plan.type(called)) + [0])
            default:
                emit([0xD2] + Encoding.unsigned(function))
                emit([0x15] + Encoding.unsigned(plan.type(called)))
            }
        } else {
            operands(labels[0], depth: depth)
            emit([0x0F])
        }
    }

    private mutating func bulkMemory(depth: Int) {
        let isFar = choices.once(in: 2)
        let type: GeneratedType = isFar ? .i64 : .i32
        let memory: UInt8 = isFar ? 1 : 0
        integer(Int64(choices.index(below: 1024)), type)
        switch choices.index(below: 4) {
        case 0:
            expression(.i32, depth: depth)
            integer(Int64(choices.index(below: 1024)), type)
            emit(.memoryFill, [memory])
        case 1:
            integer(Int64(choices.index(below: 64)))
            integer(Int64(choices.index(below: 70)))
            emit(.memoryInit, [1, memory])
        case 2:
            integer(Int64(choices.index(below: 1024)))
            integer(Int64(choices.index(below: 1024)))
            emit(.memoryCopy, [memory, 0])
        default:
            integer(Int64(choices.index(below: 1024)), type)
            integer(Int64(choices.index(below: 1024)), type)
            emit(.memoryCopy, [memory, memory])
        }
    }

    private mutating func tables(depth: Int) {
        switch choices.index(below: 6) {
        case 0:
            integer(Int64(choices.index(below: 6)), .i64)
            expression(.any, depth: depth)
            emit([0x26, 1])
        case 1:
            integer(Int64(6 + choices.index(below: 5)))
            expression(.function, depth: depth)
            emit([0x26, 0])
        case 2:
            integer(Int64(6 + choices.index(below: 3)))
            expression(.function, depth: depth)
            integer(Int64(choices.index(below: 4)))
            emit(.tableFill, [0])
        case 3:
            for bound in [10, 8, 4] { integer(Int64(choices.index(below: bound))) }
            emit(.tableCopy, [0, 0])
        case 4:
            for bound in [10, 3, 3] { integer(Int64(choices.index(below: bound))) }
            emit(.tableInit, [1, 0])
        default:
            expression(.any, depth: depth)
            integer(Int64(choices.index(below: 3)), .i64)
            emit(.tableGrow, [1])
            emit([0x1A])
        }
    }

    private mutating func objects(depth: Int) {
        let array = UInt8(GeneratedModule.arrayType)
        switch choices.index(below: 4) {
        case 0:
            let fields: [GeneratedType] = [.i32, .i64, .i32, .f64, .structure]
            let field = choices.index(below: fields.count)
            expression(.structure, depth: depth)
            expression(fields[field], depth: depth)
            emit(.structSet, [0, UInt8(field)])
        case 1:
            expression(.array, depth: depth)
            integer(Int64(choices.index(below: 9)))
            expression(.i64, depth: depth)
            emit(.arraySet, [array])
        case 2:
            expression(.array, depth: depth)
            integer(Int64(choices.index(below: 4)))
            expression(.i64, depth: depth)
            integer(Int64(choices.index(below: 6)))
            emit(.arrayFill, [array])
        default:
            expression(.array, depth: depth)
            integer(Int64(choices.index(below: 4)))
            expression(.array, depth: depth)
            integer(Int64(choices.index(below: 4)))
            integer(Int64(choices.index(below: 5)))
            emit(.arrayCopy, [array, array])
        }
    }

    // MARK: Exceptions

    /// A value of the type, from a body or from a handler of what the body throws.
    mutating func handler(_ type: GeneratedType, depth: Int) {
        let kind = choices.index(below: 4)
        let caught: [GeneratedType] = [[.i32, .i64], [.i32, .i64, .exception], [], [.exception]][kind]
        let clause: [UInt8] = kind < 2 ? [UInt8(kind), UInt8(ModulePlan.tagOfTwo), 0] : [UInt8(kind), 0]
        emit([0x02] + type.encoding)
        labels.append([type])
        emit([0x02] + Encoding.signed(Int64(plan.type(.init(parameters: [], results: caught)))))
        labels.append(caught)
        emit([0x1F] + type.encoding + [1] + clause)
        labels.append([type])
        statements(depth: depth)
        if choices.once(in: 2) {
            operands([.i32, .i64], depth: depth + 1)
            emit([0x08, UInt8(ModulePlan.tagOfTwo)])
        }
        expression(type, depth: depth)
        end()
        emit([0x0C, 1])
        end()
        if caught.last == .exception {
            if choices.once(in: 3) { emit([0x0A]) } else { local(0x21, variable(.exception)) }
        }
        if caught.first == .i32 {
            local(0x21, anyVariable(.i64))
            local(0x21, anyVariable(.i32))
        }
        expression(type, depth: depth)
        end()
    }

    mutating func legacyHandler(_ type: GeneratedType, depth: Int) {
        emit([0x06] + type.encoding)
        labels.append([type])
        statements(depth: depth)
        if choices.once(in: 2) {
            operands([.i32, .i64], depth: depth + 1)
            emit([0x08, UInt8(ModulePlan.tagOfTwo)])
        }
        expression(type, depth: depth)
        if choices.once(in: 4), labels.count > 1 {
            // To a label further out, the function's excluded: handlers there are the caller's.
            emit([0x18] + Encoding.unsigned(choices.index(below: labels.count - 1)))
            labels.removeLast()
            return
        }
        if choices.once(in: 2) {
            emit([0x07, UInt8(ModulePlan.tagOfTwo)])
            local(0x21, anyVariable(.i64))
            local(0x21, anyVariable(.i32))
            if choices.once(in: 4) { emit([0x09, 0]) }
            expression(type, depth: depth)
        }
        emit([0x19])
        if choices.once(in: 8) { emit([0x09, 0]) }
        expression(type, depth: depth)
        end()
    }
}
