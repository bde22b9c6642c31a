extension ValueType: CustomStringConvertible {
    /// The type as WIT has it, without names: those of records, variants, flags and enums are left out with their members
    /// beyond the third level, so that text stays short whatever a component defines.
    package var description: String { description(depth: 0) }

    private static let shownMemberCount = 12

    private func description(depth: Int) -> String {
        func inner(_ type: ValueType?) -> String { type?.description(depth: depth + 1) ?? "_" }
        func listed<Member>(_ members: [Member], _ text: (Member) -> String) -> String {
            members.prefix(Self.shownMemberCount).map(text).joined(separator: ", ")
                + (members.count > Self.shownMemberCount ? ", …" : "")
        }
        func members<Member>(_ word: String, _ members: [Member], _ text: (Member) -> String) -> String {
            depth > 2 ? word : "\(word) { \(listed(members, text)) }"
        }
        if depth > 8 { return "…" }
        switch kind {
        case .bool: return "bool"
        case .s8: return "s8"
        case .u8: return "u8"
        case .s16: return "s16"
        case .u16: return "u16"
        case .s32: return "s32"
        case .u32: return "u32"
        case .s64: return "s64"
        case .u64: return "u64"
        case .f32: return "f32"
        case .f64: return "f64"
        case .char: return "char"
        case .string: return "string"
        case .record(let fields):
            return members("record", fields) { "\($0.label): \(inner($0.type))" }
        case .variant(let cases):
            return members("variant", cases) { $0.type == nil ? $0.label : "\($0.label)(\(inner($0.type)))" }
        case .list(let element): return "list<\(inner(element))>"
        case .fixedLengthList(let element, let length): return "list<\(inner(element)), \(length)>"
        case .tuple(let types): return depth > 2 ? "tuple" : "tuple<\(listed(types, inner))>"
        case .flags(let labels): return members("flags", labels) { $0 }
        case .enumeration(let labels): return members("enum", labels) { $0 }
        case .option(let type): return "option<\(inner(type))>"
        case .result(nil, nil): return "result"
        case .result(let ok, nil): return "result<\(inner(ok))>"
        case .result(let ok, let error): return "result<\(inner(ok)), \(inner(error))>"
        case .own(let resource): return resource.name
        case .borrow(let resource): return "borrow<\(resource.name)>"
        case .stream(let element): return element == nil ? "stream" : "stream<\(inner(element))>"
        case .future(let element): return element == nil ? "future" : "future<\(inner(element))>"
        case .map(let key, let value): return "map<\(inner(key)), \(inner(value))>"
        }
    }
}

extension FunctionType: CustomStringConvertible {
    /// The type as WIT has it.
    package var description: String {
        let parameters = parameters.map { "\($0.label): \($0.type)" }.joined(separator: ", ")
        return "\(isAsync ? "async " : "")func(\(parameters))" + (result.map { " -> \($0)" } ?? "")
    }
}
