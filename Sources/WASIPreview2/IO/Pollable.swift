/// The resource `pollable` of `wasi:io/poll`.
package final class Pollable {
    private enum Subject {
        case awaitable(any Awaitable)
        case time(UInt64)
    }

    private let subject: Subject

    /// Is ready when `subject` can go on.
    package init(_ subject: any Awaitable) {
        self.subject = .awaitable(subject)
    }

    /// Is ready when the monotonic clock shows so many nanoseconds.
    init(time: UInt64) {
        subject = .time(time)
    }

    package var readiness: Readiness {
        switch subject {
        case .awaitable(let awaitable): awaitable.readiness
        case .time(let time): .time(time)
        }
    }
}
