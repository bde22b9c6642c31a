/// The guest has ended itself by `proc_exit`: thrown by that function, and so out of the call into the guest.
public struct ProcessExit: Error, Equatable, Sendable, CustomStringConvertible {
    /// The guest's exit code; 0 is success.
    public let code: UInt32

    public init(code: UInt32) {
        self.code = code
    }

    public var description: String { "the module ended itself with exit code \(code)" }
}
