/// A block being validated.
struct ControlFrame: BitwiseCopyable {
    enum Kind: UInt8 {
        case function, block, loop, `if`, `else`, tryTable
        // Legacy exception handling.
        case `try`, `catch`, catchAll
    }

    var kind: Kind
    /// Whether the rest of the block cannot be reached, so that its operands may have any type.
    var isUnreachable: Bool
    /// The number of operands below the block.
    let height: UInt32
    /// The number of locals without default that were set before the block.
    let setLocalCount: UInt32
    let type: BlockType
}

/// The parameters and results of a block: none, a single result, or those of a function type.
struct BlockType: BitwiseCopyable {
    /// The index of the function type, or -1.
    private let typeIndex: Int64
    /// The raw value of the single result, or 0.
    private let single: UInt32

    init(functionTypeIndex: UInt32) {
        typeIndex = Int64(functionTypeIndex)
        single = 0
    }

    init(result: UInt32) {
        typeIndex = -1
        single = result
    }

    static let empty = BlockType(result: 0)

    func parameters(_ tables: ValidationTables) -> TypeList {
        typeIndex < 0 ? TypeList() : TypeList(tables.parameters(of: tables.types[Int(typeIndex)]))
    }

    func results(_ tables: ValidationTables) -> TypeList {
        if typeIndex >= 0 { return TypeList(tables.results(of: tables.types[Int(typeIndex)])) }
        return single == 0 ? TypeList() : TypeList(single)
    }
}

/// The raw values of some types: those of a list that the module has, or a single one.
struct TypeList: BitwiseCopyable {
    private let list: UnsafePointer<UInt32>?
    private let single: UInt32
    private(set) var count: Int

    /// No types.
    init() {
        (list, single, count) = (nil, 0, 0)
    }

    init(_ single: UInt32) {
        (list, self.single, count) = (nil, single, 1)
    }

    init(_ list: UnsafeBufferPointer<UInt32>) {
        (self.list, single, count) = (list.baseAddress, 0, list.count)
    }

    @inline(__always)
    subscript(index: Int) -> UInt32 {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
        return list.map { $0[index] } ?? single
    }

    var last: UInt32? { count == 0 ? nil : self[count - 1] }

    func dropLast() -> TypeList {
        var list = self
        list.count = max(0, count - 1)
        return list
    }

    func isSubtype(of other: TypeList) -> Bool {
        guard count == other.count else { return false }
        for index in 0..<count where self[index] != other[index] {
            let type = ValueType(rawValue: self[index])
            if !type.isSubtype(of: ValueType(rawValue: other[index])) { return false }
        }
        return true
    }
}

extension TypeList: CustomStringConvertible {
    var description: String {
        "[\((0..<count).map { ValueType(rawValue: self[$0]).description }.joined(separator: " "))]"
    }
}
