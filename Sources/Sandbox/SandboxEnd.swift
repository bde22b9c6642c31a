package import Platform

/// How a sandbox has come to its end.
package enum SandboxEnd: Hashable, Sendable {
    /// It was told to stop.
    case stopped
    /// Nothing could be served, or what it was to do once could not be done.
    case failed
    /// The command that it was to run once has ended.
    case ran(ChildProcess.Exit)
}
