package import WASI

/// What a component holds of the host, by number: streams, descriptors, pollables and so on. A number is the
/// representation of a resource's handle.
///
/// Some resources are children of others: a pollable is one of its stream. A parent cannot go before its children.
package struct ResourceTable {
    private struct Slot {
        var object: AnyObject?
        var parent: UInt32?
        var childCount = 0
        var isDescriptor = false
    }

    private var slots: [Slot] = []
    private var free: [UInt32] = []
    private var count = 0
    private var descriptorCount = 0
    private var hasReachedDescriptorLimit = false

    /// How many files, directories and sockets the component may have open, streams on them included.
    private let descriptorLimit: Int
    /// How people raise that limit; goes into messages.
    private let remedy: String?

    /// How many resources of all kinds there may be for each open file that is allowed.
    private static let resourcesPerDescriptor = 64

    init(descriptorLimit: Int, remedy: String?) {
        self.descriptorLimit = descriptorLimit
        self.remedy = remedy
    }

    private var limit: Int { max(1, descriptorLimit) * Self.resourcesPerDescriptor }

    private var advice: String { remedy.map { "; \($0) raises it" } ?? "" }

    var limitDescriptions: [String] {
        hasReachedDescriptorLimit ? ["the limit of \(descriptorLimit) open files was reached\(advice)"] : []
    }

    /// Adds a resource and returns its number.
    ///
    /// - Throws: if there are too many.
    package mutating func insert(
        _ object: AnyObject, childOf parent: UInt32? = nil
    ) throws(ResourceError) -> UInt32 {
        try insert(Slot(object: object, parent: parent))
    }

    /// Adds something that keeps a file, directory or socket open, and returns its number.
    package mutating func insert(
        descriptor object: AnyObject, childOf parent: UInt32? = nil
    ) throws(ResourceError) -> UInt32 {
        let number = try insert(Slot(object: object, parent: parent, isDescriptor: true))
        descriptorCount += 1
        return number
    }

    private mutating func insert(_ slot: Slot) throws(ResourceError) -> UInt32 {
        guard count < limit else {
            throw ResourceError("the limit of \(limit) resources that a component may hold was reached\(advice)")
        }
        count += 1
        if let parent = slot.parent { slots[Int(parent)].childCount += 1 }
        if let number = free.popLast() {
            slots[Int(number)] = slot
            return number
        }
        slots.append(slot)
        return UInt32(slots.count - 1)
    }

    /// Fails when the component has as many files open as it may, before another is opened.
    package mutating func requireDescriptor() throws(ErrorNumber) {
        guard descriptorCount < descriptorLimit else {
            hasReachedDescriptorLimit = true
            throw .tooManyOpenDescriptors
        }
    }

    /// The resource with this number.
    ///
    /// - Throws: if there is none, or it is of another kind: whoever calls has made the number up.
    package func find<Kind: AnyObject>(
        _ number: UInt32, as kind: Kind.Type = Kind.self
    ) throws(ResourceError) -> Kind {
        guard number < slots.count, let object = slots[Int(number)].object else {
            throw ResourceError("there is no resource number \(number)")
        }
        guard let found = object as? Kind else {
            throw ResourceError("resource number \(number) is no \(Kind.self)")
        }
        return found
    }

    /// Takes a resource away, and returns what it was.
    ///
    /// - Throws: if it has children.
    @discardableResult
    package mutating func remove<Kind: AnyObject>(
        _ number: UInt32, as kind: Kind.Type = Kind.self
    ) throws(ResourceError) -> Kind {
        let object = try find(number, as: kind)
        let slot = slots[Int(number)]
        guard slot.childCount == 0 else {
            throw ResourceError(
                "a resource was dropped before its children, such as a stream before a pollable of it: "
                    + "drop the \(slot.childCount == 1 ? "child" : "\(slot.childCount) children") first")
        }
        if let parent = slot.parent { slots[Int(parent)].childCount -= 1 }
        if slot.isDescriptor { descriptorCount -= 1 }
        slots[Int(number)] = Slot()
        free.append(number)
        count -= 1
        return object
    }
}
