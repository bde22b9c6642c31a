import WebAssembly

typealias CoreValueType = WebAssembly.ValueType

/// All layouts of a linked component.
final class LayoutTable: Sendable {
    let layouts: [Layout]
    let parts: [Layout.Part]

    /// Stands for all greater numbers of core values too: beyond 16, nothing is passed flat (`MAX_FLAT_PARAMS`).
    static let manyFlatValues: UInt32 = 17

    fileprivate init(layouts: [Layout], parts: [Layout.Part]) {
        self.layouts = layouts
        self.parts = parts
    }

    /// Makes layouts, each type's once.
    struct Builder {
        private var layouts: [Layout] = []
        private var parts: [Layout.Part] = []
        /// The core values of each layout, where there are not too many to be passed flat.
        private var flatTypes: [[CoreValueType]] = []
        /// With the types, so that no other takes an address that one of them had.
        private var known: [ObjectIdentifier: (type: ValueType, layout: Int)] = [:]
        var types = TypeNumbers()
        private var resources: [ResourceType: UInt32] = [:]
        /// The resource types by their numbers.
        private(set) var resourceTypes: [ResourceType] = []

        func finish() -> LayoutTable { LayoutTable(layouts: layouts, parts: parts) }

        func layout(_ index: Int) -> Layout { layouts[index] }

        /// The core values of a layout that can be passed flat.
        func flatTypes(of index: Int) -> [CoreValueType] { flatTypes[index] }

        /// The number of a resource type.
        mutating func number(of resource: ResourceType) -> UInt32 {
            if let number = resources[resource] { return number }
            let number = UInt32(resourceTypes.count)
            resources[resource] = number
            resourceTypes.append(resource)
            return number
        }
    }
}

extension LayoutTable.Builder {
    /// The number of a type's layout.
    mutating func add(_ type: ValueType) -> Int {
        if let known = known[ObjectIdentifier(type)] { return known.layout }
        let layout = make(type)
        known[ObjectIdentifier(type)] = (type, layout)
        return layout
    }

    /// The number of the layout of a record of some types; of an empty one too, as which functions without parameters
    /// have them.
    mutating func addRecord(_ types: [ValueType]) -> Int {
        let fields = types.map { add($0) }
        let first = UInt32(parts.count)
        var size: UInt64 = 0, alignment: UInt32 = 1, flatCount: UInt32 = 0, plainSize: UInt64 = 0
        var isPlain = true
        var flat: [CoreValueType] = []
        for field in fields {
            let layout = layouts[field]
            alignment = max(alignment, layout.alignment)
            size = Self.aligned(size, layout.alignment)
            parts.append(Layout.Part(layout: Int32(field), offset: Self.bounded(size), flatOffset: flatCount))
            size += UInt64(layout.size)
            plainSize += UInt64(layout.size)
            isPlain = isPlain && layout.isPlain
            flatCount = min(flatCount + layout.flatCount, LayoutTable.manyFlatValues)
            if flatCount < LayoutTable.manyFlatValues { flat += flatTypes[field] }
        }
        size = Self.aligned(size, alignment)
        return append(
            Layout(
                kind: .record, size: Self.bounded(size), alignment: alignment, flatCount: flatCount, first: first,
                count: UInt32(fields.count), isPlain: isPlain && plainSize == size && !fields.isEmpty), flat)
    }

    private mutating func make(_ type: ValueType) -> Int {
        switch type.kind {
        case .bool: return scalar(.bool, 1, .i32, isPlain: false)
        case .s8: return scalar(.s8, 1, .i32)
        case .u8: return scalar(.u8, 1, .i32)
        case .s16: return scalar(.s16, 2, .i32)
        case .u16: return scalar(.u16, 2, .i32)
        case .s32: return scalar(.s32, 4, .i32)
        case .u32: return scalar(.u32, 4, .i32)
        case .s64: return scalar(.s64, 8, .i64)
        case .u64: return scalar(.u64, 8, .i64)
        case .f32: return scalar(.f32, 4, .f32, isPlain: false)
        case .f64: return scalar(.f64, 8, .f64, isPlain: false)
        case .char: return scalar(.char, 4, .i32, isPlain: false)
        case .string: return append(Layout(kind: .string, size: 8, alignment: 4, flatCount: 2), [.i32, .i32])
        case .record(let fields): return addRecord(fields.map(\.type))
        case .tuple(let types): return addRecord(types)
        case .list(let element): return list(of: add(element))
        case .map(let key, let value): return list(of: addRecord([key, value]))
        case .fixedLengthList(let element, let length): return fixedLengthList(of: add(element), length: length)
        case .variant(let cases): return variant(cases.map(\.type))
        case .enumeration(let labels): return variant(labels.map { _ in nil })
        case .option(let type): return variant([nil, type])
        case .result(let ok, let error): return variant([ok, error])
        case .flags(let labels): return flags(labels.count)
        case .own(let resource): return handle(.own, resource)
        case .borrow(let resource): return handle(.borrow, resource)
        case .stream, .future: return append(Layout(kind: .asynchronous, size: 4, alignment: 4, flatCount: 1), [.i32])
        }
    }

    private mutating func append(_ layout: Layout, _ flat: [CoreValueType]) -> Int {
        layouts.append(layout)
        flatTypes.append(layout.flatCount < LayoutTable.manyFlatValues ? flat : [])
        return layouts.count - 1
    }

    private mutating func scalar(
        _ kind: Layout.Kind, _ size: UInt32, _ flat: CoreValueType, isPlain: Bool = true
    ) -> Int {
        append(Layout(kind: kind, size: size, alignment: size, flatCount: 1, isPlain: isPlain), [flat])
    }

    private mutating func list(of element: Int) -> Int {
        append(
            Layout(
                kind: layouts[element].kind == .u8 ? .bytes : .list, size: 8, alignment: 4, flatCount: 2,
                first: UInt32(element)), [.i32, .i32])
    }

    private mutating func fixedLengthList(of element: Int, length: UInt32) -> Int {
        let layout = layouts[element]
        let flatCount = min(UInt64(layout.flatCount) * UInt64(length), UInt64(LayoutTable.manyFlatValues))
        let isFlat = flatCount < LayoutTable.manyFlatValues
        return append(
            Layout(
                kind: .fixedLengthList, size: Self.bounded(UInt64(layout.size) * UInt64(length)),
                alignment: layout.alignment, flatCount: UInt32(flatCount), first: UInt32(element), count: length,
                isPlain: layout.isPlain),
            isFlat ? (0..<length).flatMap { _ in flatTypes[element] } : [])
    }

    private mutating func variant(_ types: [ValueType?]) -> Int {
        let cases = types.map { type in type.map { add($0) } }
        // As many bytes as the greatest case number needs (`discriminant_type`).
        let discriminantSize: UInt32 = cases.count <= 1 << 8 ? 1 : cases.count <= 1 << 16 ? 2 : 4
        var alignment: UInt32 = 1, largest: UInt32 = 0, flatCount: UInt32 = 0
        var flat: [CoreValueType] = []
        for index in cases {
            guard let index else { continue }
            let layout = layouts[index]
            alignment = max(alignment, layout.alignment)
            largest = max(largest, layout.size)
            flatCount = max(flatCount, layout.flatCount)
            for (place, type) in flatTypes[index].enumerated() {
                if place < flat.count { flat[place] = Self.join(flat[place], type) } else { flat.append(type) }
            }
        }
        let payload = Self.aligned(UInt64(discriminantSize), alignment)
        let first = UInt32(parts.count)
        for index in cases {
            parts.append(
                Layout.Part(layout: index.map { Int32($0) } ?? -1, offset: Self.bounded(payload), flatOffset: 1))
        }
        let whole = max(alignment, discriminantSize)
        return append(
            Layout(
                kind: .variant, size: Self.bounded(Self.aligned(payload + UInt64(largest), whole)), alignment: whole,
                flatCount: min(flatCount + 1, LayoutTable.manyFlatValues), first: first, count: UInt32(cases.count),
                discriminantSize: discriminantSize), [.i32] + flat)
    }

    private mutating func flags(_ count: Int) -> Int {
        let size: UInt32 = count <= 8 ? 1 : count <= 16 ? 2 : 4
        return append(
            Layout(
                kind: .flags, size: size, alignment: size, flatCount: 1,
                mask: count >= 32 ? .max : UInt32(1) << UInt32(count) - 1), [.i32])
    }

    private mutating func handle(_ kind: Layout.Kind, _ resource: ResourceType) -> Int {
        append(Layout(kind: kind, size: 4, alignment: 4, flatCount: 1, resource: number(of: resource)), [.i32])
    }

    /// The core type that both payloads fit in (`join`).
    private static func join(_ left: CoreValueType, _ right: CoreValueType) -> CoreValueType {
        if left == right { return left }
        if (left == .i32 && right == .f32) || (left == .f32 && right == .i32) { return .i32 }
        return .i64
    }

    private static func aligned(_ offset: UInt64, _ alignment: UInt32) -> UInt64 {
        (offset + UInt64(alignment) - 1) & ~(UInt64(alignment) - 1)
    }

    /// Validation has bounded the sizes of types by less; what is more here fits into no memory.
    private static func bounded(_ size: UInt64) -> UInt32 { UInt32(min(size, 1 << 31)) }
}
