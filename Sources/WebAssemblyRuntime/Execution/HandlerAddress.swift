/// Where a handler's work begins.
///
/// The compiler gives a closure that is used as a C function a body of its own and an entry that only jumps there: one
/// jump more for every instruction executed. Both take their arguments in the same registers, so code can as well refer
/// to the body. An entry of any other shape is left as it is.
struct HandlerAddress: BitwiseCopyable {
    let address: UnsafeRawPointer

    init(_ handler: Handler) {
        let entry = unsafeBitCast(handler, to: UnsafeRawPointer.self)
        #if arch(x86_64)
            // `jmp` with a distance of 32 bits, counted from behind it; or of 8 bits.
            switch entry.load(as: UInt8.self) {
            case 0xE9: address = entry + 5 + Int((entry + 1).loadUnaligned(as: Int32.self))
            case 0xEB: address = entry + 2 + Int((entry + 1).load(as: Int8.self))
            default: address = entry
            }
        #elseif arch(arm64)
            // `b` with a distance of 26 bits, counted in words from its own address.
            let word = entry.load(as: UInt32.self)
            address = word >> 26 == 0b000101 ? entry + Int(Int32(bitPattern: word << 6) >> 6) * 4 : entry
        #else
            address = entry
        #endif
    }
}
