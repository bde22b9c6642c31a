/// The signatures of the module's types, stored one after another, so that taking one allocates nothing; and which
/// type index an abbreviated type use stands for.
struct SignatureTable {
    /// Parameters, then results, of one function type.
    struct Entry {
        fileprivate(set) var start: Int
        fileprivate(set) var parameterCount: Int
        fileprivate(set) var resultCount: Int
        fileprivate var range: Range<Int> { start..<(start + parameterCount + resultCount) }
    }

    private var types: [ValueTypeCode] = []
    /// By type index; `nil` for structures and arrays.
    private(set) var entries: [Entry?] = []
    /// The type indices that an abbreviation can mean, by their signatures' hashes. Open addressing; 0 is empty, else a
    /// type index plus 1.
    private var slots: [UInt32] = Array(repeating: 0, count: 16)
    private var usedSlots = 0

    func entry(at index: UInt32) -> Entry? {
        index < entries.count ? entries[Int(index)] : nil
    }

    func parameters(_ entry: Entry) -> ArraySlice<ValueTypeCode> {
        types[entry.start..<(entry.start + entry.parameterCount)]
    }

    func results(_ entry: Entry) -> ArraySlice<ValueTypeCode> {
        types[(entry.start + entry.parameterCount)..<entry.range.upperBound]
    }

    /// Whether the type has exactly this signature.
    func matches(_ entry: Entry, _ signature: SignatureBuffer) -> Bool {
        entry.parameterCount == signature.parameterCount && types[entry.range] == signature.types[...]
    }

    /// Adds the next type: a function type, which abbreviations may mean if it is `isPlain`, that is final, without
    /// supertypes and alone in its recursion group.
    mutating func define(_ signature: SignatureBuffer, isPlain: Bool) {
        let entry = Entry(
            start: types.count, parameterCount: signature.parameterCount,
            resultCount: signature.types.count - signature.parameterCount)
        types.append(contentsOf: signature.types)
        entries.append(entry)
        if isPlain && find(signature) == nil { insert(UInt32(entries.count - 1)) }
    }

    /// Adds the next type, which is no function type.
    mutating func defineAggregate() {
        entries.append(nil)
    }

    /// The index of the type that an abbreviation with `signature` means, if there is one yet.
    func find(_ signature: SignatureBuffer) -> UInt32? {
        var slot = Self.hash(signature.types[...], signature.parameterCount) & (slots.count - 1)
        while slots[slot] != 0 {
            let index = slots[slot] - 1
            if let entry = entries[Int(index)], matches(entry, signature) { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private mutating func insert(_ index: UInt32) {
        if (usedSlots + 1) * 2 > slots.count {
            let old = slots
            slots = Array(repeating: 0, count: old.count * 2)
            for slot in old where slot != 0 { place(slot - 1) }
        }
        usedSlots += 1
        place(index)
    }

    private mutating func place(_ index: UInt32) {
        guard let entry = entries[Int(index)] else { return }
        var slot = Self.hash(types[entry.range], entry.parameterCount) & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = index + 1
    }

    private static func hash(_ types: ArraySlice<ValueTypeCode>, _ parameterCount: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(parameterCount)
        for type in types { hasher.combine(type) }
        return hasher.finalize()
    }
}

/// A signature that is being read; reused from one type use to the next.
struct SignatureBuffer {
    /// Parameters, then results.
    var types: [ValueTypeCode] = []
    var parameterCount = 0

    var resultCount: Int { types.count - parameterCount }
    var isEmpty: Bool { types.isEmpty }

    mutating func removeAll() {
        types.removeAll(keepingCapacity: true)
        parameterCount = 0
    }
}
