import WebAssemblyRuntime

/// A component broke a rule of WASI for which the specification has no error that it could handle: its calls end.
package struct ResourceError: TracedError, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    package var isTraced: Bool { true }

    package init(_ description: String) {
        self.description = description
    }
}
