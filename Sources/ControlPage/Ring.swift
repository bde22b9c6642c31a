/// The latest of what is told, each with a number that counts all of it from 1.
struct Ring<Element> {
    private var elements: [Element] = []
    /// Where the oldest is, once the ring is full.
    private var start = 0
    private let capacity: Int
    /// The number of the latest; 0 before the first.
    private(set) var latest = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    mutating func append(_ element: Element) {
        latest += 1
        if elements.count < capacity {
            elements.append(element)
        } else {
            elements[start] = element
            start = (start + 1) % capacity
        }
    }

    /// Those with a number above `number`, oldest first.
    func after(_ number: Int) -> [(number: Int, element: Element)] {
        let oldest = latest - elements.count + 1
        let first = max(oldest, number < .max ? number + 1 : .max)
        guard first <= latest else { return [] }
        return (first...latest).map { ($0, elements[(start + $0 - oldest) % elements.count]) }
    }
}
