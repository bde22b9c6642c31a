/// A resource type's identity. Each definition, each import with the bound `sub resource`, and each instantiation makes
/// new ones.
struct ResourceID: Hashable {
    private let number: Int

    /// The one with this number among those that a validator makes.
    init(number: Int) {
        self.number = number
    }
}

/// A resource type at one of its indices: equal to all others with the same identity, except that one may have a name that
/// others can see, and another not.
final class CheckedResourceType {
    let id: ResourceID

    init(_ id: ResourceID) {
        self.id = id
    }
}
