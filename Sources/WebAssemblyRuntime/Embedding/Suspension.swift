/// Thrown by a host function that cannot return yet: the task that called it is suspended there.
///
/// The execution leaves the machine, and the host goes on with other things. ``GuestTask/resume(_:)`` later does what is
/// left of the host function's work, and the guest goes on as if it had returned.
package struct Suspension: Error {
    /// Tells whoever runs the task what it waits for.
    package let reason: (any Sendable)?
    /// What is done once the host function has returned after all, the innermost first.
    private var completions: [@Sendable (Caller) -> Void] = []

    package init(_ reason: (any Sendable)? = nil) {
        self.reason = reason
    }

    /// The same, with more to be done once the host function returns.
    func completed(by completion: @escaping @Sendable (Caller) -> Void) -> Suspension {
        var suspension = self
        suspension.completions.append(completion)
        return suspension
    }

    func complete(_ caller: Caller) {
        for completion in completions { completion(caller) }
    }
}
