package import WASI

/// Why an operation on a stream failed: the resource `error` of `wasi:io/error`, which other interfaces can read more of.
package final class IOError: Sendable {
    package enum Cause: Sendable {
        case file(ErrorNumber)
        case network(NetworkErrorCode)
        /// An error of an interface elsewhere, such as that of HTTP.
        case other(any Error)
    }

    package let cause: Cause

    package init(_ cause: Cause) {
        self.cause = cause
    }

    /// For people.
    package var description: String {
        switch cause {
        case .file(let number): FileErrorCode(number).label
        case .network(let code): code.label
        case .other(let error): "\(error)"
        }
    }
}

/// How an operation on a stream ends that does not succeed.
package enum StreamFailure: Error {
    /// The stream is at its end, or was given up.
    case closed
    /// The component is told why; then the stream is closed.
    case failed(IOError)
    /// The component is ended, as when the host's closure behind a standard stream failed.
    case host(any Error)

    package init(_ error: TransferError) {
        self =
            switch error {
            case .guest(let number): .failed(IOError(.file(number)))
            case .host(let error): .host(error)
            }
    }
}
