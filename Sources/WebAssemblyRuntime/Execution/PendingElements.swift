/// The first elements of a table that an image made, before anything but calls has looked at them.
///
/// A large table of a program in Python or Go refers to thousands of functions, of which a request calls some. So the table
/// begins with nulls. A call through a null element asks here, and puts the reference into its place. Whatever else reads or
/// writes elements has all of them put there before.
final class PendingElements {
    private let elements: [ReferenceImage]
    /// The blocks of the instances that the table is of.
    private let blocks: [UnsafeMutableRawPointer]

    /// Fewer elements than these are put into their places at once.
    static let leastCount = 64

    init(_ elements: [ReferenceImage], in blocks: [UnsafeMutableRawPointer]) {
        self.elements = elements
        self.blocks = blocks
    }

    fileprivate func element(at index: Int) -> UInt64 { elements[index].bits(in: blocks) }

    fileprivate func write(to place: UnsafeMutablePointer<UInt64>) {
        for (index, element) in elements.enumerated() { place[index] = element.bits(in: blocks) }
    }
}

extension UnsafeMutablePointer<TableRecord> {
    /// Puts all elements into their places, if some are pending.
    @inline(__always)
    func completeElements() {
        if _slowPath(pointee.pending != nil) { completePendingElements() }
    }

    @inline(never)
    private func completePendingElements() {
        guard let pending = pointee.pending?.takeRetainedValue() else { return }
        pointee.pending = nil
        pending.write(to: pointee.elements)
    }

    /// The element at an index, at which the table has null, and puts it into its place.
    @inline(never)
    func pendingElement(at index: Int) -> UInt64 {
        guard let pending = pointee.pending else { return 0 }
        let element = pending._withUnsafeGuaranteedRef { $0.element(at: index) }
        pointee.elements[index] = element
        return element
    }
}
