import WebAssembly

/// A value type as validation knows it: with the types that it is made of, and what follows from them.
///
/// Each definition, import and export of a type makes an object of its own, since two indices of equal types differ in
/// whether they have a name that others can see. Apart from that, types are compared by their structure.
final class CheckedValueType {
    enum Form {
        case primitive(PrimitiveType)
        case record([(label: String, type: CheckedValueType)])
        case variant([(label: String, type: CheckedValueType?)])
        case list(CheckedValueType)
        case fixedLengthList(CheckedValueType, length: UInt32)
        case tuple([CheckedValueType])
        case flags([String])
        case enumeration([String])
        case option(CheckedValueType)
        case result(ok: CheckedValueType?, error: CheckedValueType?)
        case own(CheckedResourceType)
        case borrow(CheckedResourceType)
        case stream(CheckedValueType?)
        case future(CheckedValueType?)
        case map(key: CheckedValueType, value: CheckedValueType)
    }

    let form: Form
    /// How many types are within each other at most, this one counted, but no primitive one.
    let depth: Int
    /// Whether a `borrow` is in it, however deep.
    let containsBorrow: Bool
    /// Whether a string, a list of any length or a map is in it, which has to be in memory when it is passed.
    let needsMemory: Bool
    let layout: ElementLayout
    /// The core types that its values are passed as, or `nil` for more than ``maximumFlatCount`` of them.
    let flat: [WebAssembly.ValueType]?

    /// The greatest number of core values that parameters are passed as (`MAX_FLAT_PARAMS`).
    static let maximumFlatCount = 16

    init(_ form: Form) {
        self.form = form
        depth =
            if case .primitive = form { 0 } else { 1 + (form.children.lazy.map(\.depth).max() ?? 0) }
        containsBorrow =
            if case .borrow = form { true } else { form.children.contains { $0.containsBorrow } }
        needsMemory =
            switch form {
            case .primitive(.string), .list, .map: true
            // Their elements are passed by other calls.
            case .stream, .future: false
            default: form.children.contains { $0.needsMemory }
            }
        layout = ElementLayout(form)
        flat = form.flattened
    }

    static func primitive(_ type: PrimitiveType) -> CheckedValueType { CheckedValueType(.primitive(type)) }
}

extension CheckedValueType.Form {
    /// The types that it is made of, in order.
    var children: [CheckedValueType] {
        switch self {
        case .primitive, .flags, .enumeration, .own, .borrow: []
        case .record(let fields): fields.map(\.type)
        case .variant(let cases): cases.compactMap(\.type)
        case .list(let element), .fixedLengthList(let element, _), .option(let element): [element]
        case .tuple(let types): types
        case .result(let ok, let error): [ok, error].compactMap { $0 }
        case .stream(let element), .future(let element): [element].compactMap { $0 }
        case .map(let key, let value): [key, value]
        }
    }

    /// How much work it is to look at it, without what is in its parts.
    var stepCount: Int {
        switch self {
        case .record(let fields): 1 + fields.count
        case .variant(let cases): 1 + cases.count
        case .tuple(let types): 1 + types.count
        case .flags(let labels), .enumeration(let labels): 1 + labels.count
        default: 2
        }
    }

    /// What it is called in messages.
    var noun: String {
        switch self {
        case .primitive(let type): "\(type)"
        case .record: "record"
        case .variant: "variant"
        case .list: "list"
        case .fixedLengthList: "fixed-length list"
        case .tuple: "tuple"
        case .flags: "flags"
        case .enumeration: "enum"
        case .option: "option"
        case .result: "result"
        case .own: "own"
        case .borrow: "borrow"
        case .stream: "stream"
        case .future: "future"
        case .map: "map"
        }
    }

    /// The core types that values are passed as (Component Model, "CanonicalABI.md", "Flattening").
    fileprivate var flattened: [WebAssembly.ValueType]? {
        switch self {
        case .primitive(let type): return type.flattened
        case .record(let fields): return Self.concatenation(fields.lazy.map(\.type))
        case .tuple(let types): return Self.concatenation(types)
        case .fixedLengthList(let element, let length):
            guard let flat = element.flat, flat.count * Int(length) <= CheckedValueType.maximumFlatCount else {
                return nil
            }
            return Array(repeatElement(flat, count: Int(length)).joined())
        case .variant(let cases): return Self.union(cases.lazy.map(\.type))
        case .enumeration, .flags, .own, .borrow, .stream, .future: return [.i32]
        case .option(let type): return Self.union([type])
        case .result(let ok, let error): return Self.union([ok, error])
        case .list, .map: return [.i32, .i32]
        }
    }

    private static func concatenation(_ types: some Sequence<CheckedValueType>) -> [WebAssembly.ValueType]? {
        var flat: [WebAssembly.ValueType] = []
        for type in types {
            guard let more = type.flat, flat.count + more.count <= CheckedValueType.maximumFlatCount else { return nil }
            flat += more
        }
        return flat
    }

    /// A discriminant, and then types that have room for the values of each case.
    private static func union(_ cases: some Sequence<CheckedValueType?>) -> [WebAssembly.ValueType]? {
        var flat: [WebAssembly.ValueType] = [.i32]
        for type in cases {
            guard let type else { continue }
            guard let payload = type.flat, payload.count < CheckedValueType.maximumFlatCount else { return nil }
            for (index, type) in payload.enumerated() {
                if index + 1 < flat.count {
                    flat[index + 1] = flat[index + 1].joined(type)
                } else {
                    flat.append(type)
                }
            }
        }
        return flat
    }
}

extension WebAssembly.ValueType {
    /// The smallest type that has room for the bits of both.
    fileprivate func joined(_ other: WebAssembly.ValueType) -> WebAssembly.ValueType {
        if self == other { return self }
        return self == .i32 && other == .f32 || self == .f32 && other == .i32 ? .i32 : .i64
    }
}

extension PrimitiveType {
    fileprivate var flattened: [WebAssembly.ValueType] {
        switch self {
        case .bool, .s8, .u8, .s16, .u16, .s32, .u32, .char: [.i32]
        case .s64, .u64: [.i64]
        case .f32: [.f32]
        case .f64: [.f64]
        case .string: [.i32, .i32]
        }
    }
}
