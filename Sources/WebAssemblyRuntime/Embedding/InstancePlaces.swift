import WebAssembly

/// Finds out what in the blocks of some instances an address is of.
struct InstancePlaces {
    /// A place in a block, the same in all sets of the instances.
    struct Place: Sendable {
        let instance: Int
        /// The distance from the beginning of the block.
        let offset: Int

        func address(in blocks: [UnsafeMutableRawPointer]) -> UnsafeMutableRawPointer { blocks[instance] + offset }
    }

    /// In the order of their addresses.
    private let blocks: [(start: UnsafeMutableRawPointer, instance: Int, layout: InstanceLayout)]

    init(_ instances: [Instance]) {
        blocks = instances.enumerated()
            .map { (start: $1.context, instance: $0, layout: $1.translated.layout) }
            .sorted { $0.start < $1.start }
    }

    /// The place that an address is of, or nil if it is in none of the blocks.
    func place(_ address: UnsafeMutableRawPointer) -> Place? {
        guard let block = block(address) else { return nil }
        return Place(instance: block.instance, offset: address - block.start)
    }

    /// The function that a reference is to; nil if it is of no instance here.
    func function(_ record: UnsafeMutableRawPointer) -> FunctionPlace? {
        guard let block = block(record) else { return nil }
        let offset = record - block.start - block.layout.functions
        guard offset >= 0 else { return nil }
        return FunctionPlace(instance: block.instance, index: offset / MemoryLayout<FunctionRecord>.stride)
    }

    private func block(
        _ address: UnsafeMutableRawPointer
    ) -> (start: UnsafeMutableRawPointer, instance: Int, layout: InstanceLayout)? {
        var (low, high) = (0, blocks.count)
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, address < blocks[low - 1].start + blocks[low - 1].layout.byteCount else { return nil }
        return blocks[low - 1]
    }
}

/// A function of one of the instances of an image.
struct FunctionPlace: Sendable {
    let instance: Int
    /// The index in its module, imported functions counted.
    let index: Int

    /// The reference to it in a set of the instances.
    func reference(in blocks: [UnsafeMutableRawPointer]) -> UInt64 {
        UInt64(UInt(bitPattern: blocks[instance].functionRecord(index)))
    }
}

/// The bits of a reference in an image.
enum ReferenceImage: Sendable {
    case function(FunctionPlace)
    /// Null, a number, or a value of the host.
    case bits(UInt64)

    /// Nil if the reference is to something that belongs to one store.
    init?(_ bits: UInt64, type: ReferenceType, _ places: InstancePlaces) {
        if bits == 0 {
            self = .bits(0)
            return
        }
        switch type.heapType.hierarchy {
        case .function:
            guard let record = UnsafeMutableRawPointer(bitPattern: UInt(bits)), let place = places.function(record)
            else {
                return nil
            }
            self = .function(place)
        case .exception:
            return nil
        default:
            guard bits & 3 != 0 else { return nil }
            self = .bits(bits)
        }
    }

    func bits(in blocks: [UnsafeMutableRawPointer]) -> UInt64 {
        switch self {
        case .function(let place): place.reference(in: blocks)
        case .bits(let bits): bits
        }
    }
}
