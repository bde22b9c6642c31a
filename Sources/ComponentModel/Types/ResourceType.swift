/// A resource type, which is equal to itself only.
///
/// One of the host is made once and serves all components. One that a component defines is made when the component is
/// linked, for each place in it where it is instantiated.
package final class ResourceType: Sendable {
    /// What it is called in messages, such as `wasi:io/streams/output-stream`.
    package let name: String

    /// What happens when a handle that owns a resource of the host is dropped. `nil` for resource types of components,
    /// whose destructors are core functions.
    package let drop: (@Sendable (HostCall, UInt32) throws -> Void)?

    /// Makes a resource type of the host.
    ///
    /// - Parameter drop: is given the representation, the number by which the host knows the resource.
    package init(_ name: String, drop: @escaping @Sendable (HostCall, UInt32) throws -> Void) {
        self.name = name
        self.drop = drop
    }

    /// Makes the resource type of a component.
    init(ofComponent name: String) {
        self.name = name
        drop = nil
    }
}

extension ResourceType: Hashable {
    package static func == (left: ResourceType, right: ResourceType) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
