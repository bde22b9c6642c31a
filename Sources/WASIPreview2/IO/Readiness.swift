/// What has to happen before something can go on.
package enum Readiness: Equatable, Sendable {
    case ready
    /// A descriptor of the host can be read from, or is at its end.
    case readable(Int32)
    /// A descriptor of the host can be written to, or nobody reads from it.
    case writable(Int32)
    /// The monotonic clock shows so many nanoseconds.
    case time(UInt64)
    /// Nothing that the host could wait for.
    case never
}

/// What a pollable can be made of.
package protocol Awaitable: AnyObject {
    /// What has to happen before it can go on, as things are now.
    var readiness: Readiness { get }
}
