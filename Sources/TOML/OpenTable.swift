/// A table while its document is read: what may still be added to it depends on how it came into being.
final class OpenTable {
    /// What brought the table into being.
    enum Origin {
        /// It was named on the way to another table's header. Its own header may still come.
        case implied
        /// It has its own header, or is the document, or an element of an array of tables.
        case header
        /// Dotted keys made it. Only dotted keys add to it; headers may add tables below it.
        case dottedKey
    }

    enum Child {
        case table(OpenTable)
        case array(OpenArray)
    }

    var origin: Origin
    let position: SourcePosition?
    private var table = TOMLTable()
    /// The entries of `table` that are not final yet, by their place in it, ascending. Most tables have one or none.
    private var children: [(place: Int, child: Child)] = []

    init(origin: Origin, position: SourcePosition?) {
        self.origin = origin
        self.position = position
    }

    /// What there is at a key.
    enum Content {
        case nothing
        case child(Child)
        case value(TOMLTable.Entry)
    }

    func content(at key: String) -> Content {
        guard let place = table.position(of: key) else { return .nothing }
        if let child = child(at: place) { return .child(child) }
        return .value(table.entries[place])
    }

    private func child(at place: Int) -> Child? {
        var (low, high) = (0, children.count)
        while low < high {
            let middle = (low + high) / 2
            if children[middle].place < place { low = middle + 1 } else { high = middle }
        }
        return low < children.count && children[low].place == place ? children[low].child : nil
    }

    func entry(_ key: String) -> TOMLTable.Entry? { table.entry(key) }

    func insert(_ value: TOMLValue, at key: ParsedKey) {
        table.append(TOMLTable.Entry(key: key.name, keyPosition: key.position, value: value))
    }

    func insertTable(_ origin: Origin, at key: ParsedKey) -> OpenTable {
        let child = OpenTable(origin: origin, position: key.position)
        insert(TOMLValue(.table(TOMLTable()), position: key.position), at: key)
        children.append((table.count - 1, .table(child)))
        return child
    }

    func insertArray(at key: ParsedKey) -> OpenArray {
        let child = OpenArray()
        insert(TOMLValue(.array([]), position: key.position), at: key)
        children.append((table.count - 1, .array(child)))
        return child
    }

    /// The table with all that was put into it. The open table is not to be used afterwards.
    func closed() -> TOMLTable {
        for (place, child) in children {
            switch child {
            case .table(let open): table.entries[place].value.kind = .table(open.closed())
            case .array(let open): table.entries[place].value.kind = .array(open.closed())
            }
        }
        children = []
        return table
    }
}

/// An array of tables while its document is read.
final class OpenArray {
    private var elements: [TOMLValue] = []
    /// The last element, the only one to which something may be added. Never nil once the first was begun.
    private(set) var last: OpenTable?

    func beginElement(at position: SourcePosition) -> OpenTable {
        closeLast()
        let element = OpenTable(origin: .header, position: position)
        last = element
        return element
    }

    func closed() -> [TOMLValue] {
        closeLast()
        return elements
    }

    private func closeLast() {
        guard let element = last else { return }
        elements.append(TOMLValue(.table(element.closed()), position: element.position))
        last = nil
    }
}

/// One part of a key, unquoted, and where it begins.
struct ParsedKey {
    let name: String
    let position: SourcePosition
}
