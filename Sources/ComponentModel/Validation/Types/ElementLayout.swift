/// The room that a value type takes in a memory with addresses of 64 bits (Component Model, "CanonicalABI.md", "Element
/// Size"), which validation bounds whatever the memory is that values get into.
struct ElementLayout {
    /// In bytes; saturated where no multiple of it matters any more.
    let size: UInt64
    let alignment: UInt64

    /// Sizes are less than this: 2²⁸ bytes, the most that a list may have.
    static let sizeLimit: UInt64 = 1 << 28

    private init(size: UInt64, alignment: UInt64) {
        self.size = min(size, 1 << 32)
        self.alignment = alignment
    }

    init(_ form: CheckedValueType.Form) {
        switch form {
        case .primitive(let type): self = ElementLayout(type)
        case .record(let fields): self = ElementLayout(fields: fields.lazy.map(\.type.layout))
        case .tuple(let types): self = ElementLayout(fields: types.lazy.map(\.layout))
        case .variant(let cases): self = ElementLayout(caseCount: cases.count, cases.lazy.map(\.type?.layout))
        case .enumeration(let labels): self = ElementLayout(caseCount: labels.count, [])
        case .option(let type): self = ElementLayout(caseCount: 2, [type.layout])
        case .result(let ok, let error): self = ElementLayout(caseCount: 2, [ok?.layout, error?.layout])
        case .list, .map: self.init(size: 16, alignment: 8)
        case .fixedLengthList(let element, let length):
            self.init(size: element.layout.size * UInt64(length), alignment: element.layout.alignment)
        case .flags(let labels):
            let size: UInt64 = labels.count <= 8 ? 1 : labels.count <= 16 ? 2 : 4
            self.init(size: size, alignment: size)
        case .own, .borrow, .stream, .future: self.init(size: 4, alignment: 4)
        }
    }

    private init(_ type: PrimitiveType) {
        switch type {
        case .bool, .s8, .u8: self.init(size: 1, alignment: 1)
        case .s16, .u16: self.init(size: 2, alignment: 2)
        case .s32, .u32, .f32, .char: self.init(size: 4, alignment: 4)
        case .s64, .u64, .f64: self.init(size: 8, alignment: 8)
        case .string: self.init(size: 16, alignment: 8)
        }
    }

    private init(fields: some Sequence<ElementLayout>) {
        var size: UInt64 = 0
        var alignment: UInt64 = 1
        for field in fields {
            size = ElementLayout.aligned(size, to: field.alignment) + field.size
            alignment = max(alignment, field.alignment)
        }
        self.init(size: ElementLayout.aligned(size, to: alignment), alignment: alignment)
    }

    private init(caseCount: Int, _ payloads: some Sequence<ElementLayout?>) {
        let discriminant: UInt64 = caseCount <= 1 << 8 ? 1 : caseCount <= 1 << 16 ? 2 : 4
        var size: UInt64 = 0
        var alignment: UInt64 = 1
        for case let payload? in payloads {
            size = max(size, payload.size)
            alignment = max(alignment, payload.alignment)
        }
        size += ElementLayout.aligned(discriminant, to: alignment)
        alignment = max(alignment, discriminant)
        self.init(size: ElementLayout.aligned(size, to: alignment), alignment: alignment)
    }

    private static func aligned(_ size: UInt64, to alignment: UInt64) -> UInt64 {
        (size + alignment - 1) & ~(alignment - 1)
    }
}
