/// A resource type as a linked component has it.
struct ResourceImplementation: Sendable {
    let type: ResourceType
    /// The number of the component instance that defines it; nil for one of the host.
    let instance: Int?
    /// The place of its destructor among the functions that instantiation takes, if it has one.
    let destructor: Int?
}
