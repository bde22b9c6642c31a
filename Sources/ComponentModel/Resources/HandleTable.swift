import WebAssemblyRuntime

/// A component instance's table of handles (Canonical ABI, "Table State").
///
/// Indices begin at 1, since guests take 0 for none; the index that was freed last is given out first, which guests can
/// see and the specification wants so.
struct HandleTable: Sendable {
    struct Entry: Sendable {
        enum Kind: Sendable {
            /// Not in use; the next free one follows, 0 being the end.
            case free(next: UInt32)
            /// A handle that owns its resource.
            case own
            /// A handle that a task was given for the time of its call.
            case borrow(task: Int32)
            /// A set of waitables. There is nothing yet that could be in it.
            case waitableSet
        }

        var kind: Kind
        /// The number of the resource type.
        let resource: UInt32
        let representation: UInt32
        /// How many calls under way the handle is lent to.
        var lendCount: UInt32 = 0

        init(_ kind: Kind, resource: UInt32 = 0, representation: UInt32 = 0) {
            self.kind = kind
            self.resource = resource
            self.representation = representation
        }
    }

    private var entries: [Entry] = []
    private var firstFree: UInt32 = 0

    /// `Table.MAX_LENGTH`.
    static let maximumCount = 1 << 28 - 1

    /// The index of the new entry.
    mutating func add(_ entry: Entry) throws(Trap) -> UInt32 {
        if firstFree != 0 {
            let index = firstFree
            guard case .free(let next) = entries[Int(index)].kind else {
                preconditionFailure("free entries lead to free entries")
            }
            firstFree = next
            entries[Int(index)] = entry
            return index
        }
        if entries.isEmpty { entries.append(Entry(.free(next: 0))) }
        guard entries.count <= Self.maximumCount else { throw .handlesExhausted }
        entries.append(entry)
        return UInt32(entries.count - 1)
    }

    /// The entry at an index that a guest gave.
    subscript(_ index: UInt32) -> Entry {
        get throws(Trap) {
            guard Int(index) < entries.count else { throw .unknownHandle(index) }
            let entry = entries[Int(index)]
            if case .free = entry.kind { throw .unknownHandle(index) }
            return entry
        }
    }

    /// Whether there is a handle to a resource whose type's number fits.
    func contains(where predicate: (UInt32) -> Bool) -> Bool {
        entries.contains { entry in
            switch entry.kind {
            case .own, .borrow: predicate(entry.resource)
            case .free, .waitableSet: false
            }
        }
    }

    /// Frees an index that is in use.
    mutating func remove(_ index: UInt32) {
        entries[Int(index)] = Entry(.free(next: firstFree))
        firstFree = index
    }

    /// Notes that the handle at an index that is in use is lent to one more call.
    mutating func lend(_ index: UInt32) { entries[Int(index)].lendCount += 1 }

    /// Notes that a call that a handle was lent to has ended. Lent handles cannot be removed.
    mutating func endLoan(of index: UInt32) { entries[Int(index)].lendCount -= 1 }
}
