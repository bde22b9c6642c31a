extension ValueType: CustomStringConvertible {
    /// The type as WIT writes it, with records and the like by their structure, since their names are not known here.
    package var description: String {
        switch kind {
        case .bool: "bool"
        case .s8: "s8"
        case .u8: "u8"
        case .s16: "s16"
        case .u16: "u16"
        case .s32: "s32"
        case .u32: "u32"
        case .s64: "s64"
        case .u64: "u64"
        case .f32: "f32"
        case .f64: "f64"
        case .char: "char"
        case .string: "string"
        case .record(let fields):
            "record { \(fields.map { "\($0.label): \($0.type)" }.joined(separator: ", ")) }"
        case .variant(let cases):
            "variant { "
                + cases.map { item in item.label + (item.type.map { "(\($0))" } ?? "") }.joined(separator: ", ") + " }"
        case .list(let element): "list<\(element)>"
        case .fixedLengthList(let element, let length): "list<\(element), \(length)>"
        case .tuple(let types): "tuple<\(types.map(\.description).joined(separator: ", "))>"
        case .flags(let labels): "flags { \(labels.joined(separator: ", ")) }"
        case .enumeration(let labels): "enum { \(labels.joined(separator: ", ")) }"
        case .option(let type): "option<\(type)>"
        case .result(nil, nil): "result"
        case .result(let ok?, nil): "result<\(ok)>"
        case .result(let ok, let error?): "result<\(ok?.description ?? "_"), \(error)>"
        case .own(let resource): "own<\(resource.name)>"
        case .borrow(let resource): "borrow<\(resource.name)>"
        case .stream(let element): element.map { "stream<\($0)>" } ?? "stream"
        case .future(let element): element.map { "future<\($0)>" } ?? "future"
        case .map(let key, let value): "map<\(key), \(value)>"
        }
    }
}

extension FunctionType: CustomStringConvertible {
    /// The type as WIT writes it: `func(path: string) -> u32`.
    package var description: String {
        "\(isAsync ? "async " : "")func(\(parameters.map { "\($0.label): \($0.type)" }.joined(separator: ", ")))"
            + (result.map { " -> \($0)" } ?? "")
    }
}
