import WebAssembly

// Comparisons of 32-bit integers, as values and as branches.

func addI32Comparisons(to table: inout HandlerTable) {
    table[.i32Eq, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.eq) }
    table[.i32Eq, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.eq) }
    table[.i32Eq, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.eq) }
    table[.i32Eq, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.eq) }
    table[.i32Ne, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ne) }
    table[.i32Ne, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ne) }
    table[.i32Ne, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ne) }
    table[.i32Ne, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ne) }
    table[.i32LtS, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltS) }
    table[.i32LtS, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltS) }
    table[.i32LtS, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltS) }
    table[.i32LtS, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltS) }
    table[.i32LtU, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltU) }
    table[.i32LtU, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltU) }
    table[.i32LtU, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltU) }
    table[.i32LtU, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltU) }
    table[.i32GtS, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtS) }
    table[.i32GtS, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtS) }
    table[.i32GtS, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtS) }
    table[.i32GtS, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtS) }
    table[.i32GtU, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtU) }
    table[.i32GtU, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtU) }
    table[.i32GtU, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtU) }
    table[.i32GtU, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtU) }
    table[.i32LeS, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.leS) }
    table[.i32LeS, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.leS) }
    table[.i32LeS, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.leS) }
    table[.i32LeS, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.leS) }
    table[.i32LeU, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.leU) }
    table[.i32LeU, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.leU) }
    table[.i32LeU, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.leU) }
    table[.i32LeU, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.leU) }
    table[.i32GeS, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.geS) }
    table[.i32GeS, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.geS) }
    table[.i32GeS, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.geS) }
    table[.i32GeS, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.geS) }
    table[.i32GeU, .slotSlot] = { compareSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.geU) }
    table[.i32GeU, .slotImmediate] = { compareSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.geU) }
    table[.i32GeU, .accumulatorSlot] = { compareAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.geU) }
    table[.i32GeU, .accumulatorImmediate] = { compareAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.geU) }
}

func addI32Branches(to table: inout HandlerTable) {
    table[.i32Eq, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.eq) }
    table[.i32Eq, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.eq) }
    table[.i32Eq, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.eq) }
    table[.i32Eq, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.eq) }
    table[.i32Ne, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ne) }
    table[.i32Ne, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ne) }
    table[.i32Ne, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ne) }
    table[.i32Ne, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ne) }
    table[.i32LtS, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltS) }
    table[.i32LtS, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltS) }
    table[.i32LtS, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltS) }
    table[.i32LtS, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltS) }
    table[.i32LtU, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltU) }
    table[.i32LtU, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltU) }
    table[.i32LtU, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltU) }
    table[.i32LtU, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltU) }
    table[.i32GtS, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtS) }
    table[.i32GtS, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtS) }
    table[.i32GtS, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtS) }
    table[.i32GtS, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtS) }
    table[.i32GtU, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtU) }
    table[.i32GtU, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtU) }
    table[.i32GtU, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtU) }
    table[.i32GtU, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtU) }
    table[.i32LeS, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.leS) }
    table[.i32LeS, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.leS) }
    table[.i32LeS, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.leS) }
    table[.i32LeS, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.leS) }
    table[.i32LeU, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.leU) }
    table[.i32LeU, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.leU) }
    table[.i32LeU, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.leU) }
    table[.i32LeU, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.leU) }
    table[.i32GeS, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.geS) }
    table[.i32GeS, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.geS) }
    table[.i32GeS, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.geS) }
    table[.i32GeS, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.geS) }
    table[.i32GeU, .slotSlot] = { branchSS(State($0, $1, $2, $3, $4, $5, $6), Compare32.geU) }
    table[.i32GeU, .slotImmediate] = { branchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.geU) }
    table[.i32GeU, .accumulatorSlot] = { branchAS(State($0, $1, $2, $3, $4, $5, $6), Compare32.geU) }
    table[.i32GeU, .accumulatorImmediate] = { branchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.geU) }
}

func addI32WideBranches(to table: inout HandlerTable) {
    table[.i32Eq, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.eq) }
    table[.i32Eq, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.eq) }
    table[.i32Ne, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ne) }
    table[.i32Ne, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ne) }
    table[.i32LtS, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltS) }
    table[.i32LtS, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltS) }
    table[.i32LtU, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltU) }
    table[.i32LtU, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltU) }
    table[.i32GtS, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtS) }
    table[.i32GtS, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtS) }
    table[.i32GtU, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtU) }
    table[.i32GtU, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtU) }
    table[.i32LeS, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.leS) }
    table[.i32LeS, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.leS) }
    table[.i32LeU, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.leU) }
    table[.i32LeU, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.leU) }
    table[.i32GeS, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.geS) }
    table[.i32GeS, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.geS) }
    table[.i32GeU, .slotImmediate] = { wideBranchSI(State($0, $1, $2, $3, $4, $5, $6), Compare32.geU) }
    table[.i32GeU, .accumulatorImmediate] = { wideBranchAI(State($0, $1, $2, $3, $4, $5, $6), Compare32.geU) }
}
