/// The guest has ended itself by `proc_exit`: thrown by that function, and so out of the call into the guest.
package struct ProcessExit: Error, Equatable, Sendable, CustomStringConvertible {
    /// The guest's exit code; 0 is success.
    package let code: UInt32

    package init(code: UInt32) {
        self.code = code
    }

    package var description: String { "the module ended itself with exit code \(code)" }
}
