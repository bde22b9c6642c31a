/// An interface that the host provides to components: its functions and resource types by name.
///
/// A component's import `wasi:io/streams@0.2.3` is provided by the interface of that name and a compatible version, whatever
/// the patch version of either is.
package struct HostInterface: Sendable {
    /// Without a version: `wasi:io/streams`.
    package let name: String
    /// Such as 0.2.12.
    package let version: String
    /// By their names there: `[method]output-stream.write`.
    package let functions: [String: HostFunction]
    package let resources: [String: ResourceType]

    package init(
        _ name: String, version: String, resources: [String: ResourceType] = [:], functions: [String: HostFunction]
    ) {
        self.name = name
        self.version = version
        self.resources = resources
        self.functions = functions
    }
}

/// A function of the host that components can import.
package struct HostFunction: Sendable {
    package let type: FunctionType

    /// Whether a call leaves no trace outside the component and gives the same at any other time: an instance whose
    /// initialisation calls only such functions may be kept as an image for later ones.
    package let isRepeatable: Bool

    /// Takes the arguments, which conform to the type, and returns the result, if the type has one.
    ///
    /// What it throws ends the component, and comes out of the call into it as the error of a core host function does.
    package let body: @Sendable (HostCall, [Value]) throws -> Value?

    package init(
        _ type: FunctionType, isRepeatable: Bool = false, body: @escaping @Sendable (HostCall, [Value]) throws -> Value?
    ) {
        self.type = type
        self.isRepeatable = isRepeatable
        self.body = body
    }
}
