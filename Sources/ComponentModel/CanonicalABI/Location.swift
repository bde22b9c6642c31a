/// Where a value stands: in slots of 64 bits, as arguments and results of core functions do, or in linear memory.
///
/// Slots hold 32-bit values zero-extended and numbers by their bits, so that the joined core types of a variant's cases
/// need no conversions here: a payload's `f32` in an `i64` is its bits, and what is wrapped is cut off when it is read.
enum Location {
    /// From the slot at this address on.
    case flat(UnsafeMutableRawPointer)
    /// From this address on, aligned and within the memory.
    case memory(UInt32)

    /// Where a field, or the payload of a variant, is.
    @inline(__always)
    func part(_ part: Layout.Part) -> Location {
        switch self {
        case .flat(let slots): .flat(slots + Int(part.flatOffset) &* 8)
        case .memory(let address): .memory(address &+ part.offset)
        }
    }

    /// Where an element of a list of fixed length is.
    @inline(__always)
    func element(_ index: UInt32, of layout: Layout) -> Location {
        switch self {
        case .flat(let slots): .flat(slots + Int(index &* layout.flatCount) &* 8)
        case .memory(let address): .memory(address &+ index &* layout.size)
        }
    }
}
