/// Gives every distinct identifier of a text a small number, so that all later look-ups are array accesses.
struct SymbolTable {
    /// The identifiers' names without `$`, one after another.
    private var names: [UInt8] = []
    /// Where each name ends in `names`.
    private var ends: [Int] = []
    private var hashes: [UInt32] = []
    /// Open addressing; 0 is empty, else a symbol plus 1. The count is a power of two.
    private var slots: [UInt32] = Array(repeating: 0, count: 64)

    /// Chosen anew in each process, so that no text can be written whose identifiers all collide.
    static let seed = UInt32.random(in: .min ... .max)

    @inline(__always)
    static func combine(_ hash: UInt32, _ byte: UInt8) -> UInt32 {
        let product = (hash ^ UInt32(byte)) &* 0x0100_0193
        return product ^ (product >> 15)
    }

    static func hash(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.reduce(seed, combine)
    }

    var count: Int { ends.count }

    func name(of symbol: UInt32) -> ArraySlice<UInt8> {
        let index = Int(symbol)
        return names[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    /// The symbol of `name`, whose ``hash(_:)`` is `hash`, if it has one.
    func find(_ name: ArraySlice<UInt8>, hash: UInt32) -> UInt32? {
        var slot = Int(hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let symbol = slots[slot] - 1
            if hashes[Int(symbol)] == hash && self.name(of: symbol).elementsEqual(name) { return symbol }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// The symbol of `name`, whose ``hash(_:)`` is `hash`; a new one if it had none.
    mutating func intern(_ name: ArraySlice<UInt8>, hash: UInt32) -> UInt32 {
        var slot = Int(hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let symbol = slots[slot] - 1
            if hashes[Int(symbol)] == hash && self.name(of: symbol).elementsEqual(name) { return symbol }
            slot = (slot + 1) & (slots.count - 1)
        }
        let symbol = UInt32(ends.count)
        names.append(contentsOf: name)
        ends.append(names.count)
        hashes.append(hash)
        slots[slot] = symbol + 1
        if ends.count * 2 > slots.count { grow() }
        return symbol
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for (symbol, hash) in hashes.enumerated() {
            var slot = Int(hash) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(symbol) + 1
        }
    }
}
