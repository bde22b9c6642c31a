/// The latest of what is told, each with a number that counts all of it from 1: bounded in number and in bytes.
struct Recent<Element> {
    private var elements: [(element: Element, size: Int)] = []
    /// How many at the beginning of `elements` have been given up: they are removed many at a time.
    private var gone = 0
    private var size = 0
    private let countLimit: Int
    private let sizeLimit: Int
    /// The number of the latest; 0 before the first.
    private(set) var latest = 0

    /// - Parameter sizeLimit: in bytes.
    init(count: Int, size: Int) {
        countLimit = count
        sizeLimit = size
    }

    private var count: Int { elements.count - gone }
    /// Whether each one that comes gives up another.
    var isFull: Bool { latest > count }
    /// The oldest.
    var first: Element? { count > 0 ? elements[gone].element : nil }

    /// - Parameter size: what the element takes, in bytes: an estimate. The latest is kept, whatever its size.
    mutating func append(_ element: Element, size: Int) {
        latest += 1
        elements.append((element, size))
        self.size += size
        while count > countLimit || (self.size > sizeLimit && count > 1) {
            self.size -= elements[gone].size
            gone += 1
        }
        // Each is moved once for every one that is given up, at most.
        if gone >= count {
            elements.removeSubrange(..<gone)
            gone = 0
        }
    }

    /// Those with a number above `number`, oldest first.
    func after(_ number: Int) -> [(number: Int, element: Element)] {
        let oldest = latest - count + 1
        let first = max(oldest, number < .max ? number + 1 : .max)
        guard first <= latest else { return [] }
        return (first...latest).map { ($0, elements[gone + $0 - oldest].element) }
    }
}
