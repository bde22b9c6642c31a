import WebAssemblyRuntime

/// The guest has ended itself by `proc_exit`: thrown by that function, and so out of the call into the guest.
package struct ProcessExit: TracedError, Equatable, Sendable, CustomStringConvertible {
    /// The guest's exit code; 0 is success.
    package let code: UInt32

    package init(code: UInt32) {
        self.code = code
    }

    /// Run-time errors of some languages end so: where it happened, the calls say.
    package var isTraced: Bool { code != 0 }

    package var description: String { "the module ended itself with exit code \(code)" }
}
