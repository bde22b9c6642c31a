/// Things that are made for use under load, and that nobody uses at the time; the one used last is on top.
package struct IdleStack<Element> {
    private let limit: Int
    private let lastingCount: Int
    private var elements: [Element] = []
    /// How many at the bottom nobody has taken since they were last looked at.
    private var unusedCount = 0

    /// - Parameters:
    ///   - limit: how many are kept at most; what is given back beyond goes.
    ///   - lastingCount: how many stay though nobody needs them, so that nobody has to wait for the next one.
    package init(limit: Int, lastingCount: Int = 1) {
        self.limit = limit
        self.lastingCount = lastingCount
    }

    package var count: Int { elements.count }

    package mutating func take() -> Element? {
        let taken = elements.popLast()
        unusedCount = min(unusedCount, elements.count)
        return taken
    }

    /// - Returns: whether there are more than stay for good.
    package mutating func giveBack(_ element: Element) -> Bool {
        if elements.count < limit { elements.append(element) }
        return elements.count > lastingCount
    }

    /// Takes out those that nobody has used since the last call, but for those that stay.
    ///
    /// - Returns: what was taken out, to be let go outside a lock; and whether there are still more than stay for good.
    package mutating func takeUnused() -> (unused: [Element], hasMore: Bool) {
        let count = min(unusedCount, max(elements.count - lastingCount, 0))
        let unused = Array(elements[..<count])
        elements.removeFirst(count)
        unusedCount = elements.count
        return (unused, elements.count > lastingCount)
    }

    /// Takes out all.
    package mutating func takeAll() -> [Element] {
        defer { (elements, unusedCount) = ([], 0) }
        return elements
    }
}

extension IdleStack: Sendable where Element: Sendable {}
