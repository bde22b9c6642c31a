/// The identifiers of one index space: what each symbol stands for.
struct IndexSpace {
    /// What the space is called in error messages.
    let category: String
    /// How many entries have been defined so far, named or not.
    private(set) var count: UInt32 = 0
    /// By symbol, the index plus 1, or 0.
    private var indices: [UInt32] = []
    /// The named entries in the order of their indices.
    private(set) var names: [(index: UInt32, name: BoundName)] = []

    init(_ category: String) {
        self.category = category
    }

    /// The index that `symbol` stands for.
    @inline(__always)
    func index(of symbol: UInt32) -> UInt32? {
        guard symbol < indices.count else { return nil }
        let entry = indices[Int(symbol)]
        return entry == 0 ? nil : entry - 1
    }

    /// Defines the next entry. Returns `false` if its symbol is taken.
    mutating func define(_ binding: Binding) -> Bool {
        let index = count
        count += 1
        if let name = binding.name { names.append((index, name)) }
        guard let symbol = binding.symbol else { return true }
        if symbol >= indices.count {
            indices.append(contentsOf: repeatElement(0, count: Int(symbol) + 1 - indices.count))
        }
        guard indices[Int(symbol)] == 0 else { return false }
        indices[Int(symbol)] = index + 1
        return true
    }
}

/// What the text says an entity is called: the identifier in its place, and the name that the name section gets.
struct Binding {
    let symbol: UInt32?
    /// What a `@name` annotation says, which may be any text.
    let annotatedName: [UInt8]?

    static let anonymous = Binding(symbol: nil, annotatedName: nil)

    var name: BoundName? {
        annotatedName.map(BoundName.annotated) ?? symbol.map(BoundName.symbol)
    }
}

enum BoundName {
    case symbol(UInt32)
    case annotated([UInt8])
}
