/// The status with which a process ends.
package struct ExitCode: RawRepresentable, Hashable, Sendable {
    /// 0…255. By convention the shell keeps 126 and above for itself.
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// All went well.
    package static let success = ExitCode(rawValue: 0)
    /// The command was understood, and failed.
    package static let failure = ExitCode(rawValue: 1)
    /// The command line was not understood.
    package static let usage = ExitCode(rawValue: 2)
}
