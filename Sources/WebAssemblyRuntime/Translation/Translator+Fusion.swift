import WebAssembly

// Branches that do the work of the instruction before them as well.

extension Translator {
    /// Replaces the addition or load just emitted by an instruction that does it, and branches if a comparison of the
    /// result holds. Returns where it begins, or nil if there is nothing to replace or no such instruction.
    mutating func emitFusedConditional(_ opcode: Opcode, _ first: Int, _ second: Source) -> Int? {
        guard fusible.end == buffer.count else { return nil }
        var (opcode, second) = (opcode, second)
        if first != fusible.destination {
            guard second.slot == fusible.destination, let exchanged = opcode.exchanged else { return nil }
            (opcode, second) = (exchanged, .slot(first))
        }
        return switch fusible.work {
        case .addition(let addition, let first, let addend):
            emitAddition(addition == .i32Add ? .i32 : .i64, first, addend, opcode, second)
        case .load(let load, let form, let address, let place): emitLoad(load, form, address, place, opcode, second)
        case .wrapping: nil
        }
    }

    /// 24 bytes: target and first addend at 8 and 10, the distance at 12, the second addend at 16, a slot or a number
    /// of 16 bits, what the sum is compared with at 18 or 20, a slot or a number of 32 bits.
    private mutating func emitAddition(
        _ type: ValueType, _ first: Int, _ addend: Source, _ opcode: Opcode, _ second: Source
    ) -> Int? {
        guard opcode.comparedIntegerType == type else { return nil }
        func number(_ bits: UInt64) -> Int64 {
            type == .i32 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits)
        }
        var (added, compared): (UInt16, UInt16) = (0, 0)
        var limit: Int32 = 0
        switch addend {
        case .slot(let slot): added = UInt16(slot)
        case .immediate(let bits):
            guard let short = Int16(exactly: number(bits)) else { return nil }
            added = UInt16(bitPattern: short)
        }
        switch second {
        case .slot(let slot): compared = UInt16(slot)
        case .immediate(let bits):
            guard let short = Int32(exactly: number(bits)) else { return nil }
            limit = short
        }
        let form: OperandForm =
            switch (addend, second) {
            case (.slot, .slot): .slotSlot
            case (.slot, .immediate): .slotImmediate
            case (.immediate, .slot): .immediateSlot
            case (.immediate, .immediate): .immediateImmediate
            }
        guard let handler = HandlerTable.sumAndBranch[opcode, form] else { return nil }
        let start = replaceFusible(by: handler, UInt16(first))
        buffer.append(added)
        buffer.append(compared)
        buffer.append(limit)
        return start
    }

    /// 24 bytes: target and address at 8 and 10, the distance at 12, what a load has at 12 at 16, the number that is
    /// compared with at 20.
    private mutating func emitLoad(
        _ load: Opcode, _ form: OperandForm, _ address: UInt16, _ place: UInt32, _ opcode: Opcode, _ second: Source
    ) -> Int? {
        guard case .immediate(let bits) = second, opcode == .i32Eq || opcode == .i32Ne else { return nil }
        let table = opcode == .i32Eq ? HandlerTable.loadAndBranchIfEqual : HandlerTable.loadAndBranchUnlessEqual
        guard let handler = table[load, form] else { return nil }
        let start = replaceFusible(by: handler, address)
        buffer.append(place)
        buffer.append(UInt32(truncatingIfNeeded: bits))
        return start
    }

    /// Begins the instruction that takes the place of ``fusible``, with an open distance at 12. Returns where.
    private mutating func replaceFusible(by handler: Handler, _ operand: UInt16) -> Int {
        let (start, target) = (fusible.start, fusible.destination)
        buffer.truncate(to: start)
        separate()
        // What was noted of the branch is noted where it begins now, unless what it is fused with can trap itself.
        if let origin = origins.last, Int(origin.code) > start {
            origins.removeLast()
            if Int(origins.last?.code ?? 0) < start { noteOrigin() }
        }
        emit(handler, UInt16(target), operand, 0)
        return start
    }
}
