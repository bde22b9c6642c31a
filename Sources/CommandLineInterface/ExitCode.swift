/// The status with which a process ends.
public struct ExitCode: RawRepresentable, Hashable, Sendable {
    /// 0…255, of which the shell keeps 126 and above for itself by convention.
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// All went well.
    public static let success = ExitCode(rawValue: 0)
    /// The command was understood, and failed.
    public static let failure = ExitCode(rawValue: 1)
    /// The command line was not understood.
    public static let usage = ExitCode(rawValue: 2)
}
