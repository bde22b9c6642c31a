import WebAssembly

// Comparisons of 64-bit integers, as values and as branches.

func addI64Comparisons(to table: inout HandlerTable) {
    table[.i64Eq, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.eq) }
    table[.i64Eq, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.eq) }
    table[.i64Eq, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.eq) }
    table[.i64Eq, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.eq) }
    table[.i64Ne, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ne) }
    table[.i64Ne, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ne) }
    table[.i64Ne, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ne) }
    table[.i64Ne, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ne) }
    table[.i64LtS, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltS) }
    table[.i64LtS, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltS) }
    table[.i64LtS, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltS) }
    table[.i64LtS, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltS) }
    table[.i64LtU, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltU) }
    table[.i64LtU, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltU) }
    table[.i64LtU, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltU) }
    table[.i64LtU, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltU) }
    table[.i64GtS, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtS) }
    table[.i64GtS, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtS) }
    table[.i64GtS, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtS) }
    table[.i64GtS, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtS) }
    table[.i64GtU, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtU) }
    table[.i64GtU, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtU) }
    table[.i64GtU, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtU) }
    table[.i64GtU, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtU) }
    table[.i64LeS, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.leS) }
    table[.i64LeS, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.leS) }
    table[.i64LeS, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.leS) }
    table[.i64LeS, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.leS) }
    table[.i64LeU, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.leU) }
    table[.i64LeU, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.leU) }
    table[.i64LeU, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.leU) }
    table[.i64LeU, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.leU) }
    table[.i64GeS, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.geS) }
    table[.i64GeS, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.geS) }
    table[.i64GeS, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.geS) }
    table[.i64GeS, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.geS) }
    table[.i64GeU, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.geU) }
    table[.i64GeU, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.geU) }
    table[.i64GeU, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.geU) }
    table[.i64GeU, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.geU) }
}

func addI64Branches(to table: inout HandlerTable) {
    table[.i64Eq, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.eq) }
    table[.i64Eq, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.eq) }
    table[.i64Eq, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.eq) }
    table[.i64Eq, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.eq) }
    table[.i64Ne, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ne) }
    table[.i64Ne, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ne) }
    table[.i64Ne, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ne) }
    table[.i64Ne, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ne) }
    table[.i64LtS, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltS) }
    table[.i64LtS, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltS) }
    table[.i64LtS, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltS) }
    table[.i64LtS, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltS) }
    table[.i64LtU, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltU) }
    table[.i64LtU, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltU) }
    table[.i64LtU, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltU) }
    table[.i64LtU, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltU) }
    table[.i64GtS, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtS) }
    table[.i64GtS, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtS) }
    table[.i64GtS, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtS) }
    table[.i64GtS, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtS) }
    table[.i64GtU, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtU) }
    table[.i64GtU, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtU) }
    table[.i64GtU, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtU) }
    table[.i64GtU, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtU) }
    table[.i64LeS, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.leS) }
    table[.i64LeS, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.leS) }
    table[.i64LeS, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.leS) }
    table[.i64LeS, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.leS) }
    table[.i64LeU, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.leU) }
    table[.i64LeU, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.leU) }
    table[.i64LeU, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.leU) }
    table[.i64LeU, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.leU) }
    table[.i64GeS, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.geS) }
    table[.i64GeS, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.geS) }
    table[.i64GeS, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.geS) }
    table[.i64GeS, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.geS) }
    table[.i64GeU, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare64.geU) }
    table[.i64GeU, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.geU) }
    table[.i64GeU, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare64.geU) }
    table[.i64GeU, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.geU) }
}

func addI64WideBranches(to table: inout HandlerTable) {
    table[.i64Eq, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.eq) }
    table[.i64Eq, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.eq) }
    table[.i64Ne, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ne) }
    table[.i64Ne, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ne) }
    table[.i64LtS, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltS) }
    table[.i64LtS, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltS) }
    table[.i64LtU, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltU) }
    table[.i64LtU, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltU) }
    table[.i64GtS, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtS) }
    table[.i64GtS, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtS) }
    table[.i64GtU, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtU) }
    table[.i64GtU, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtU) }
    table[.i64LeS, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.leS) }
    table[.i64LeS, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.leS) }
    table[.i64LeU, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.leU) }
    table[.i64LeU, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.leU) }
    table[.i64GeS, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.geS) }
    table[.i64GeS, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.geS) }
    table[.i64GeU, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare64.geU) }
    table[.i64GeU, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare64.geU) }
}
