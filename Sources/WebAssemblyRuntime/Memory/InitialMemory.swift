import WebAssembly

/// What a module's data segments put into the memories it defines, as far as that is known before instantiation.
struct InitialMemory {
    /// For each memory the module defines, its contents; nil where it starts with zeros or is filled by copying.
    let images: [MemoryImage?]
    /// Whether memories made with the images need no active data segment any more.
    let isComplete: Bool

    /// Segments are in the images only if nothing could tell the difference: if they all fit, at constant places, and
    /// no failing initialisation could be seen from outside.
    init(_ module: Module) {
        let definedCount = module.memories.count - module.importedMemoryCount
        var pieces = [[MemoryImage.Piece]](repeating: [], count: definedCount)
        var isComplete = module.importedTableCount == 0 && definedCount > 0
        for segment in module.dataSegments where isComplete {
            guard case .active(let memory, let offset) = segment.mode else { continue }
            let index = Int(memory) - module.importedMemoryCount
            let bytes = module.binary.bytes(in: segment.bytes)
            guard index >= 0, let place = InitialMemory.constant(offset, in: module),
                place <= UInt64(1) << 40,
                case let size = min(module.memories[Int(memory)].limits.minimum, 1 << 32),
                place + UInt64(bytes.count) <= size * UInt64(MemoryType.pageByteCount)
            else {
                isComplete = false
                break
            }
            pieces[index].append((place: Int(place), bytes: bytes))
        }
        var images: [MemoryImage?] = []
        for pieces in pieces where isComplete {
            let image = MemoryImage(pieces)
            // Without an image, the segments have to be copied, unless they are empty.
            if image == nil, pieces.contains(where: { $0.bytes.count > 0 }) { isComplete = false }
            images.append(image)
        }
        self.images = isComplete ? images : [MemoryImage?](repeating: nil, count: definedCount)
        self.isComplete = isComplete
    }

    /// The value of an expression that is a single constant.
    private static func constant(_ expression: ConstantExpression, in module: Module) -> UInt64? {
        let instructions = module.instructions(of: expression)
        guard instructions.count == 1 else { return nil }
        switch instructions[0] {
        case .i32(let value): return UInt64(value)
        case .i64(let value): return value
        default: return nil
        }
    }
}
