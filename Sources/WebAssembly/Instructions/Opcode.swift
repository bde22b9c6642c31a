/// Every instruction of WebAssembly 3.0, of legacy exception handling and of the threads proposal.
///
/// The raw value packs the prefix and the code after it into a small integer, so that tables indexed by it stay small:
/// see ``Opcode/Space``.
package enum Opcode: UInt16, Sendable, BitwiseCopyable, CaseIterable {
    // Instructions of one byte.
    case unreachable = 0x000, nop = 0x001, block = 0x002, loop = 0x003, `if` = 0x004, `else` = 0x005, `try` = 0x006
    case `catch` = 0x007, `throw` = 0x008, rethrow = 0x009, throwRef = 0x00A, end = 0x00B, br = 0x00C, brIf = 0x00D
    case brTable = 0x00E, `return` = 0x00F, call = 0x010, callIndirect = 0x011, returnCall = 0x012
    case returnCallIndirect = 0x013, callRef = 0x014, returnCallRef = 0x015, delegate = 0x018, catchAll = 0x019
    case drop = 0x01A, select = 0x01B, selectTyped = 0x01C, tryTable = 0x01F, localGet = 0x020, localSet = 0x021
    case localTee = 0x022, globalGet = 0x023, globalSet = 0x024, tableGet = 0x025, tableSet = 0x026, i32Load = 0x028
    case i64Load = 0x029, f32Load = 0x02A, f64Load = 0x02B, i32Load8S = 0x02C, i32Load8U = 0x02D, i32Load16S = 0x02E
    case i32Load16U = 0x02F, i64Load8S = 0x030, i64Load8U = 0x031, i64Load16S = 0x032, i64Load16U = 0x033
    case i64Load32S = 0x034, i64Load32U = 0x035, i32Store = 0x036, i64Store = 0x037, f32Store = 0x038
    case f64Store = 0x039, i32Store8 = 0x03A, i32Store16 = 0x03B, i64Store8 = 0x03C, i64Store16 = 0x03D
    case i64Store32 = 0x03E, memorySize = 0x03F, memoryGrow = 0x040, i32Const = 0x041, i64Const = 0x042
    case f32Const = 0x043, f64Const = 0x044, i32Eqz = 0x045, i32Eq = 0x046, i32Ne = 0x047, i32LtS = 0x048
    case i32LtU = 0x049, i32GtS = 0x04A, i32GtU = 0x04B, i32LeS = 0x04C, i32LeU = 0x04D, i32GeS = 0x04E
    case i32GeU = 0x04F, i64Eqz = 0x050, i64Eq = 0x051, i64Ne = 0x052, i64LtS = 0x053, i64LtU = 0x054
    case i64GtS = 0x055, i64GtU = 0x056, i64LeS = 0x057, i64LeU = 0x058, i64GeS = 0x059, i64GeU = 0x05A
    case f32Eq = 0x05B, f32Ne = 0x05C, f32Lt = 0x05D, f32Gt = 0x05E, f32Le = 0x05F, f32Ge = 0x060, f64Eq = 0x061
    case f64Ne = 0x062, f64Lt = 0x063, f64Gt = 0x064, f64Le = 0x065, f64Ge = 0x066, i32Clz = 0x067, i32Ctz = 0x068
    case i32Popcnt = 0x069, i32Add = 0x06A, i32Sub = 0x06B, i32Mul = 0x06C, i32DivS = 0x06D, i32DivU = 0x06E
    case i32RemS = 0x06F, i32RemU = 0x070, i32And = 0x071, i32Or = 0x072, i32Xor = 0x073, i32Shl = 0x074
    case i32ShrS = 0x075, i32ShrU = 0x076, i32Rotl = 0x077, i32Rotr = 0x078, i64Clz = 0x079, i64Ctz = 0x07A
    case i64Popcnt = 0x07B, i64Add = 0x07C, i64Sub = 0x07D, i64Mul = 0x07E, i64DivS = 0x07F, i64DivU = 0x080
    case i64RemS = 0x081, i64RemU = 0x082, i64And = 0x083, i64Or = 0x084, i64Xor = 0x085, i64Shl = 0x086
    case i64ShrS = 0x087, i64ShrU = 0x088, i64Rotl = 0x089, i64Rotr = 0x08A, f32Abs = 0x08B, f32Neg = 0x08C
    case f32Ceil = 0x08D, f32Floor = 0x08E, f32Trunc = 0x08F, f32Nearest = 0x090, f32Sqrt = 0x091, f32Add = 0x092
    case f32Sub = 0x093, f32Mul = 0x094, f32Div = 0x095, f32Min = 0x096, f32Max = 0x097, f32Copysign = 0x098
    case f64Abs = 0x099, f64Neg = 0x09A, f64Ceil = 0x09B, f64Floor = 0x09C, f64Trunc = 0x09D, f64Nearest = 0x09E
    case f64Sqrt = 0x09F, f64Add = 0x0A0, f64Sub = 0x0A1, f64Mul = 0x0A2, f64Div = 0x0A3, f64Min = 0x0A4
    case f64Max = 0x0A5, f64Copysign = 0x0A6, i32WrapI64 = 0x0A7, i32TruncF32S = 0x0A8, i32TruncF32U = 0x0A9
    case i32TruncF64S = 0x0AA, i32TruncF64U = 0x0AB, i64ExtendI32S = 0x0AC, i64ExtendI32U = 0x0AD
    case i64TruncF32S = 0x0AE, i64TruncF32U = 0x0AF, i64TruncF64S = 0x0B0, i64TruncF64U = 0x0B1
    case f32ConvertI32S = 0x0B2, f32ConvertI32U = 0x0B3, f32ConvertI64S = 0x0B4, f32ConvertI64U = 0x0B5
    case f32DemoteF64 = 0x0B6, f64ConvertI32S = 0x0B7, f64ConvertI32U = 0x0B8, f64ConvertI64S = 0x0B9
    case f64ConvertI64U = 0x0BA, f64PromoteF32 = 0x0BB, i32ReinterpretF32 = 0x0BC, i64ReinterpretF64 = 0x0BD
    case f32ReinterpretI32 = 0x0BE, f64ReinterpretI64 = 0x0BF, i32Extend8S = 0x0C0, i32Extend16S = 0x0C1
    case i64Extend8S = 0x0C2, i64Extend16S = 0x0C3, i64Extend32S = 0x0C4, refNull = 0x0D0, refIsNull = 0x0D1
    case refFunc = 0x0D2, refEq = 0x0D3, refAsNonNull = 0x0D4, brOnNull = 0x0D5, brOnNonNull = 0x0D6

    // Prefix 0xFB: aggregates, casts and `i31`.
    case structNew = 0x100, structNewDefault = 0x101, structGet = 0x102, structGetS = 0x103, structGetU = 0x104
    case structSet = 0x105, arrayNew = 0x106, arrayNewDefault = 0x107, arrayNewFixed = 0x108, arrayNewData = 0x109
    case arrayNewElem = 0x10A, arrayGet = 0x10B, arrayGetS = 0x10C, arrayGetU = 0x10D, arraySet = 0x10E
    case arrayLen = 0x10F, arrayFill = 0x110, arrayCopy = 0x111, arrayInitData = 0x112, arrayInitElem = 0x113
    case refTest = 0x114, refTestNull = 0x115, refCast = 0x116, refCastNull = 0x117, brOnCast = 0x118
    case brOnCastFail = 0x119, anyConvertExtern = 0x11A, externConvertAny = 0x11B, refI31 = 0x11C, i31GetS = 0x11D
    case i31GetU = 0x11E

    // Prefix 0xFC: saturating truncation, bulk memory and table instructions.
    case i32TruncSatF32S = 0x140, i32TruncSatF32U = 0x141, i32TruncSatF64S = 0x142, i32TruncSatF64U = 0x143
    case i64TruncSatF32S = 0x144, i64TruncSatF32U = 0x145, i64TruncSatF64S = 0x146, i64TruncSatF64U = 0x147
    case memoryInit = 0x148, dataDrop = 0x149, memoryCopy = 0x14A, memoryFill = 0x14B, tableInit = 0x14C
    case elemDrop = 0x14D, tableCopy = 0x14E, tableGrow = 0x14F, tableSize = 0x150, tableFill = 0x151

    // Prefix 0xFD: vectors, relaxed ones included.
    case v128Load = 0x200, v128Load8x8S = 0x201, v128Load8x8U = 0x202, v128Load16x4S = 0x203, v128Load16x4U = 0x204
    case v128Load32x2S = 0x205, v128Load32x2U = 0x206, v128Load8Splat = 0x207, v128Load16Splat = 0x208
    case v128Load32Splat = 0x209, v128Load64Splat = 0x20A, v128Store = 0x20B, v128Const = 0x20C
    case i8x16Shuffle = 0x20D, i8x16Swizzle = 0x20E, i8x16Splat = 0x20F, i16x8Splat = 0x210, i32x4Splat = 0x211
    case i64x2Splat = 0x212, f32x4Splat = 0x213, f64x2Splat = 0x214, i8x16ExtractLaneS = 0x215
    case i8x16ExtractLaneU = 0x216, i8x16ReplaceLane = 0x217, i16x8ExtractLaneS = 0x218, i16x8ExtractLaneU = 0x219
    case i16x8ReplaceLane = 0x21A, i32x4ExtractLane = 0x21B, i32x4ReplaceLane = 0x21C, i64x2ExtractLane = 0x21D
    case i64x2ReplaceLane = 0x21E, f32x4ExtractLane = 0x21F, f32x4ReplaceLane = 0x220, f64x2ExtractLane = 0x221
    case f64x2ReplaceLane = 0x222, i8x16Eq = 0x223, i8x16Ne = 0x224, i8x16LtS = 0x225, i8x16LtU = 0x226
    case i8x16GtS = 0x227, i8x16GtU = 0x228, i8x16LeS = 0x229, i8x16LeU = 0x22A, i8x16GeS = 0x22B, i8x16GeU = 0x22C
    case i16x8Eq = 0x22D, i16x8Ne = 0x22E, i16x8LtS = 0x22F, i16x8LtU = 0x230, i16x8GtS = 0x231, i16x8GtU = 0x232
    case i16x8LeS = 0x233, i16x8LeU = 0x234, i16x8GeS = 0x235, i16x8GeU = 0x236, i32x4Eq = 0x237, i32x4Ne = 0x238
    case i32x4LtS = 0x239, i32x4LtU = 0x23A, i32x4GtS = 0x23B, i32x4GtU = 0x23C, i32x4LeS = 0x23D, i32x4LeU = 0x23E
    case i32x4GeS = 0x23F, i32x4GeU = 0x240, f32x4Eq = 0x241, f32x4Ne = 0x242, f32x4Lt = 0x243, f32x4Gt = 0x244
    case f32x4Le = 0x245, f32x4Ge = 0x246, f64x2Eq = 0x247, f64x2Ne = 0x248, f64x2Lt = 0x249, f64x2Gt = 0x24A
    case f64x2Le = 0x24B, f64x2Ge = 0x24C, v128Not = 0x24D, v128And = 0x24E, v128Andnot = 0x24F, v128Or = 0x250
    case v128Xor = 0x251, v128Bitselect = 0x252, v128AnyTrue = 0x253, v128Load8Lane = 0x254, v128Load16Lane = 0x255
    case v128Load32Lane = 0x256, v128Load64Lane = 0x257, v128Store8Lane = 0x258, v128Store16Lane = 0x259
    case v128Store32Lane = 0x25A, v128Store64Lane = 0x25B, v128Load32Zero = 0x25C, v128Load64Zero = 0x25D
    case f32x4DemoteF64x2Zero = 0x25E, f64x2PromoteLowF32x4 = 0x25F, i8x16Abs = 0x260, i8x16Neg = 0x261
    case i8x16Popcnt = 0x262, i8x16AllTrue = 0x263, i8x16Bitmask = 0x264, i8x16NarrowI16x8S = 0x265
    case i8x16NarrowI16x8U = 0x266, f32x4Ceil = 0x267, f32x4Floor = 0x268, f32x4Trunc = 0x269, f32x4Nearest = 0x26A
    case i8x16Shl = 0x26B, i8x16ShrS = 0x26C, i8x16ShrU = 0x26D, i8x16Add = 0x26E, i8x16AddSatS = 0x26F
    case i8x16AddSatU = 0x270, i8x16Sub = 0x271, i8x16SubSatS = 0x272, i8x16SubSatU = 0x273, f64x2Ceil = 0x274
    case f64x2Floor = 0x275, i8x16MinS = 0x276, i8x16MinU = 0x277, i8x16MaxS = 0x278, i8x16MaxU = 0x279
    case f64x2Trunc = 0x27A, i8x16AvgrU = 0x27B, i16x8ExtaddPairwiseI8x16S = 0x27C
    case i16x8ExtaddPairwiseI8x16U = 0x27D, i32x4ExtaddPairwiseI16x8S = 0x27E, i32x4ExtaddPairwiseI16x8U = 0x27F
    case i16x8Abs = 0x280, i16x8Neg = 0x281, i16x8Q15mulrSatS = 0x282, i16x8AllTrue = 0x283, i16x8Bitmask = 0x284
    case i16x8NarrowI32x4S = 0x285, i16x8NarrowI32x4U = 0x286, i16x8ExtendLowI8x16S = 0x287
    case i16x8ExtendHighI8x16S = 0x288, i16x8ExtendLowI8x16U = 0x289, i16x8ExtendHighI8x16U = 0x28A
    case i16x8Shl = 0x28B, i16x8ShrS = 0x28C, i16x8ShrU = 0x28D, i16x8Add = 0x28E, i16x8AddSatS = 0x28F
    case i16x8AddSatU = 0x290, i16x8Sub = 0x291, i16x8SubSatS = 0x292, i16x8SubSatU = 0x293, f64x2Nearest = 0x294
    case i16x8Mul = 0x295, i16x8MinS = 0x296, i16x8MinU = 0x297, i16x8MaxS = 0x298, i16x8MaxU = 0x299
    case i16x8AvgrU = 0x29B, i16x8ExtmulLowI8x16S = 0x29C, i16x8ExtmulHighI8x16S = 0x29D
    case i16x8ExtmulLowI8x16U = 0x29E, i16x8ExtmulHighI8x16U = 0x29F, i32x4Abs = 0x2A0, i32x4Neg = 0x2A1
    case i32x4AllTrue = 0x2A3, i32x4Bitmask = 0x2A4, i32x4ExtendLowI16x8S = 0x2A7, i32x4ExtendHighI16x8S = 0x2A8
    case i32x4ExtendLowI16x8U = 0x2A9, i32x4ExtendHighI16x8U = 0x2AA, i32x4Shl = 0x2AB, i32x4ShrS = 0x2AC
    case i32x4ShrU = 0x2AD, i32x4Add = 0x2AE, i32x4Sub = 0x2B1, i32x4Mul = 0x2B5, i32x4MinS = 0x2B6
    case i32x4MinU = 0x2B7, i32x4MaxS = 0x2B8, i32x4MaxU = 0x2B9, i32x4DotI16x8S = 0x2BA
    case i32x4ExtmulLowI16x8S = 0x2BC, i32x4ExtmulHighI16x8S = 0x2BD, i32x4ExtmulLowI16x8U = 0x2BE
    case i32x4ExtmulHighI16x8U = 0x2BF, i64x2Abs = 0x2C0, i64x2Neg = 0x2C1, i64x2AllTrue = 0x2C3
    case i64x2Bitmask = 0x2C4, i64x2ExtendLowI32x4S = 0x2C7, i64x2ExtendHighI32x4S = 0x2C8
    case i64x2ExtendLowI32x4U = 0x2C9, i64x2ExtendHighI32x4U = 0x2CA, i64x2Shl = 0x2CB, i64x2ShrS = 0x2CC
    case i64x2ShrU = 0x2CD, i64x2Add = 0x2CE, i64x2Sub = 0x2D1, i64x2Mul = 0x2D5, i64x2Eq = 0x2D6, i64x2Ne = 0x2D7
    case i64x2LtS = 0x2D8, i64x2GtS = 0x2D9, i64x2LeS = 0x2DA, i64x2GeS = 0x2DB, i64x2ExtmulLowI32x4S = 0x2DC
    case i64x2ExtmulHighI32x4S = 0x2DD, i64x2ExtmulLowI32x4U = 0x2DE, i64x2ExtmulHighI32x4U = 0x2DF
    case f32x4Abs = 0x2E0, f32x4Neg = 0x2E1, f32x4Sqrt = 0x2E3, f32x4Add = 0x2E4, f32x4Sub = 0x2E5, f32x4Mul = 0x2E6
    case f32x4Div = 0x2E7, f32x4Min = 0x2E8, f32x4Max = 0x2E9, f32x4Pmin = 0x2EA, f32x4Pmax = 0x2EB
    case f64x2Abs = 0x2EC, f64x2Neg = 0x2ED, f64x2Sqrt = 0x2EF, f64x2Add = 0x2F0, f64x2Sub = 0x2F1, f64x2Mul = 0x2F2
    case f64x2Div = 0x2F3, f64x2Min = 0x2F4, f64x2Max = 0x2F5, f64x2Pmin = 0x2F6, f64x2Pmax = 0x2F7
    case i32x4TruncSatF32x4S = 0x2F8, i32x4TruncSatF32x4U = 0x2F9, f32x4ConvertI32x4S = 0x2FA
    case f32x4ConvertI32x4U = 0x2FB, i32x4TruncSatF64x2SZero = 0x2FC, i32x4TruncSatF64x2UZero = 0x2FD
    case f64x2ConvertLowI32x4S = 0x2FE, f64x2ConvertLowI32x4U = 0x2FF, i8x16RelaxedSwizzle = 0x300
    case i32x4RelaxedTruncF32x4S = 0x301, i32x4RelaxedTruncF32x4U = 0x302, i32x4RelaxedTruncF64x2SZero = 0x303
    case i32x4RelaxedTruncF64x2UZero = 0x304, f32x4RelaxedMadd = 0x305, f32x4RelaxedNmadd = 0x306
    case f64x2RelaxedMadd = 0x307, f64x2RelaxedNmadd = 0x308, i8x16RelaxedLaneselect = 0x309
    case i16x8RelaxedLaneselect = 0x30A, i32x4RelaxedLaneselect = 0x30B, i64x2RelaxedLaneselect = 0x30C
    case f32x4RelaxedMin = 0x30D, f32x4RelaxedMax = 0x30E, f64x2RelaxedMin = 0x30F, f64x2RelaxedMax = 0x310
    case i16x8RelaxedQ15mulrS = 0x311, i16x8RelaxedDotI8x16I7x16S = 0x312, i32x4RelaxedDotI8x16I7x16AddS = 0x313

    // Prefix 0xFE: atomic memory access.
    case memoryAtomicNotify = 0x180, memoryAtomicWait32 = 0x181, memoryAtomicWait64 = 0x182, atomicFence = 0x183
    case i32AtomicLoad = 0x190, i64AtomicLoad = 0x191, i32AtomicLoad8U = 0x192, i32AtomicLoad16U = 0x193
    case i64AtomicLoad8U = 0x194, i64AtomicLoad16U = 0x195, i64AtomicLoad32U = 0x196, i32AtomicStore = 0x197
    case i64AtomicStore = 0x198, i32AtomicStore8 = 0x199, i32AtomicStore16 = 0x19A, i64AtomicStore8 = 0x19B
    case i64AtomicStore16 = 0x19C, i64AtomicStore32 = 0x19D, i32AtomicRmwAdd = 0x19E, i64AtomicRmwAdd = 0x19F
    case i32AtomicRmw8AddU = 0x1A0, i32AtomicRmw16AddU = 0x1A1, i64AtomicRmw8AddU = 0x1A2
    case i64AtomicRmw16AddU = 0x1A3, i64AtomicRmw32AddU = 0x1A4, i32AtomicRmwSub = 0x1A5, i64AtomicRmwSub = 0x1A6
    case i32AtomicRmw8SubU = 0x1A7, i32AtomicRmw16SubU = 0x1A8, i64AtomicRmw8SubU = 0x1A9
    case i64AtomicRmw16SubU = 0x1AA, i64AtomicRmw32SubU = 0x1AB, i32AtomicRmwAnd = 0x1AC, i64AtomicRmwAnd = 0x1AD
    case i32AtomicRmw8AndU = 0x1AE, i32AtomicRmw16AndU = 0x1AF, i64AtomicRmw8AndU = 0x1B0
    case i64AtomicRmw16AndU = 0x1B1, i64AtomicRmw32AndU = 0x1B2, i32AtomicRmwOr = 0x1B3, i64AtomicRmwOr = 0x1B4
    case i32AtomicRmw8OrU = 0x1B5, i32AtomicRmw16OrU = 0x1B6, i64AtomicRmw8OrU = 0x1B7, i64AtomicRmw16OrU = 0x1B8
    case i64AtomicRmw32OrU = 0x1B9, i32AtomicRmwXor = 0x1BA, i64AtomicRmwXor = 0x1BB, i32AtomicRmw8XorU = 0x1BC
    case i32AtomicRmw16XorU = 0x1BD, i64AtomicRmw8XorU = 0x1BE, i64AtomicRmw16XorU = 0x1BF
    case i64AtomicRmw32XorU = 0x1C0, i32AtomicRmwXchg = 0x1C1, i64AtomicRmwXchg = 0x1C2, i32AtomicRmw8XchgU = 0x1C3
    case i32AtomicRmw16XchgU = 0x1C4, i64AtomicRmw8XchgU = 0x1C5, i64AtomicRmw16XchgU = 0x1C6
    case i64AtomicRmw32XchgU = 0x1C7, i32AtomicRmwCmpxchg = 0x1C8, i64AtomicRmwCmpxchg = 0x1C9
    case i32AtomicRmw8CmpxchgU = 0x1CA, i32AtomicRmw16CmpxchgU = 0x1CB, i64AtomicRmw8CmpxchgU = 0x1CC
    case i64AtomicRmw16CmpxchgU = 0x1CD, i64AtomicRmw32CmpxchgU = 0x1CE
}
