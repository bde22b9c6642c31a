/// The locals of one function. Reset in constant time, since a symbol's entry counts only if it was made for the
/// current function.
struct LocalScope {
    private(set) var count: UInt32 = 0
    private var generation: UInt32 = 0
    /// By symbol, the function for which it was bound last, and the local.
    private var entries: [(generation: UInt32, index: UInt32)] = []
    /// The named locals in the order of their indices.
    private(set) var names: [(index: UInt32, name: BoundName)] = []

    mutating func reset() {
        generation += 1
        count = 0
        names.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    func index(of symbol: UInt32) -> UInt32? {
        guard symbol < entries.count else { return nil }
        let entry = entries[Int(symbol)]
        return entry.generation == generation ? entry.index : nil
    }

    /// Defines the next local. Returns `false` if its symbol is taken.
    mutating func define(_ binding: Binding) -> Bool {
        let index = count
        count += 1
        if let name = binding.name { names.append((index, name)) }
        guard let symbol = binding.symbol else { return true }
        if symbol >= entries.count {
            entries.append(contentsOf: repeatElement((generation: 0, index: 0), count: Int(symbol) + 1 - entries.count))
        }
        guard entries[Int(symbol)].generation != generation else { return false }
        entries[Int(symbol)] = (generation, index)
        return true
    }

    /// Defines `number` locals without names.
    mutating func defineAnonymous(_ number: Int) {
        count += UInt32(number)
    }
}

/// The labels of the blocks around an instruction, the innermost last. An identifier may be bound again further in.
struct LabelScope {
    private struct Label {
        let symbol: UInt32?
        /// What the symbol meant further out, as in `innermost`.
        let shadowed: UInt32
    }

    private var labels: [Label] = []
    /// By symbol, the number of labels from the outside to the innermost one of that name, itself included, or 0.
    private var innermost: [UInt32] = []
    /// How many labels the function has had so far, and the named ones among them.
    private var introduced: UInt32 = 0
    private(set) var names: [(index: UInt32, name: BoundName)] = []

    /// Starts a function.
    mutating func reset() {
        while !labels.isEmpty { pop() }
        introduced = 0
        names.removeAll(keepingCapacity: true)
    }

    mutating func push(_ symbol: UInt32?) {
        var shadowed: UInt32 = 0
        if let symbol {
            if symbol >= innermost.count {
                innermost.append(contentsOf: repeatElement(0, count: Int(symbol) + 1 - innermost.count))
            }
            shadowed = innermost[Int(symbol)]
            innermost[Int(symbol)] = UInt32(labels.count) + 1
            names.append((introduced, .symbol(symbol)))
        }
        introduced += 1
        labels.append(Label(symbol: symbol, shadowed: shadowed))
    }

    mutating func pop() {
        guard let label = labels.popLast(), let symbol = label.symbol else { return }
        innermost[Int(symbol)] = label.shadowed
    }

    /// How many blocks out the innermost label called `symbol` is.
    @inline(__always)
    func depth(of symbol: UInt32) -> UInt32? {
        guard symbol < innermost.count, innermost[Int(symbol)] != 0 else { return nil }
        return UInt32(labels.count) - innermost[Int(symbol)]
    }
}
