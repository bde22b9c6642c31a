/// Numbers types so that equal ones have the same number, in time that does not grow with what a type is written out as a
/// tree: a component may define a record of two of a record of two of…
struct TypeNumbers {
    private struct Key: Hashable {
        let kind: Int
        /// Those of the types in it; -1 for none.
        let members: [Int]
        var labels: [String] = []
        var resource: ResourceType?
    }

    private var numbers: [Key: Int] = [:]
    /// With the types, so that no other takes an address that one of them had.
    private var known: [ObjectIdentifier: (type: ValueType, number: Int)] = [:]

    /// The number of a type.
    mutating func number(of type: ValueType) -> Int {
        if let known = known[ObjectIdentifier(type)] { return known.number }
        let key = key(of: type)
        let number = numbers[key] ?? numbers.count
        numbers[key] = number
        known[ObjectIdentifier(type)] = (type, number)
        return number
    }

    private mutating func key(of type: ValueType) -> Key {
        switch type.kind {
        case .bool: Key(kind: 0, members: [])
        case .s8: Key(kind: 1, members: [])
        case .u8: Key(kind: 2, members: [])
        case .s16: Key(kind: 3, members: [])
        case .u16: Key(kind: 4, members: [])
        case .s32: Key(kind: 5, members: [])
        case .u32: Key(kind: 6, members: [])
        case .s64: Key(kind: 7, members: [])
        case .u64: Key(kind: 8, members: [])
        case .f32: Key(kind: 9, members: [])
        case .f64: Key(kind: 10, members: [])
        case .char: Key(kind: 11, members: [])
        case .string: Key(kind: 12, members: [])
        case .record(let fields):
            Key(kind: 13, members: fields.map { number(of: $0.type) }, labels: fields.map(\.label))
        case .variant(let cases): Key(kind: 14, members: cases.map { number(of: $0.type) }, labels: cases.map(\.label))
        case .list(let element): Key(kind: 15, members: [number(of: element)])
        case .fixedLengthList(let element, let length): Key(kind: 16, members: [number(of: element), Int(length)])
        case .tuple(let types): Key(kind: 17, members: types.map { number(of: $0) })
        case .flags(let labels): Key(kind: 18, members: [], labels: labels)
        case .enumeration(let labels): Key(kind: 19, members: [], labels: labels)
        case .option(let type): Key(kind: 20, members: [number(of: type)])
        case .result(let ok, let error): Key(kind: 21, members: [number(of: ok), number(of: error)])
        case .own(let resource): Key(kind: 22, members: [], resource: resource)
        case .borrow(let resource): Key(kind: 23, members: [], resource: resource)
        case .stream(let element): Key(kind: 24, members: [number(of: element)])
        case .future(let element): Key(kind: 25, members: [number(of: element)])
        case .map(let key, let value): Key(kind: 26, members: [number(of: key), number(of: value)])
        }
    }

    private mutating func number(of type: ValueType?) -> Int { type.map { number(of: $0) } ?? -1 }
}
