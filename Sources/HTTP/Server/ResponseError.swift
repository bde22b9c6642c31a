package import Platform

/// Why a response cannot be written.
package enum ResponseError: Error, Hashable, CustomStringConvertible {
    /// The client is gone.
    case clientDisconnected
    /// The client takes the response too slowly.
    case timedOut
    /// The wait for the client was given up: see ``ResponseWriter/cancelWaits(when:)``.
    case cancelled
    /// `writeHead` or `respond` for the second time.
    case headAlreadyWritten
    /// A body before the head.
    case headNotWritten
    /// A status below 200, which does not end an exchange.
    case interimStatus(Status)
    /// A field name or value that would corrupt the response: line breaks, control characters, an empty name, a
    /// `Content-Length` that is not one number.
    case invalidHeader(name: String, value: String)
    /// More bytes of body than the `Content-Length` among the headers said.
    case bodyExceedsContentLength(Int64)
    /// Fewer bytes of body than the `Content-Length` among the headers said.
    case bodyShorterThanContentLength(Int64)
    /// The file that is the body cannot be read, or shrank meanwhile.
    case unreadableFile(SystemError)
    /// The file that is the body was written to since the response's fields were made.
    case changedFile
    /// The handler has returned already.
    case exchangeIsOver

    package var description: String {
        switch self {
        case .clientDisconnected: "the client disconnected"
        case .timedOut: "the client took the response too slowly"
        case .cancelled: "the wait for the client to take the response was given up"
        case .headAlreadyWritten: "the response's head was written before"
        case .headNotWritten: "the response's body was written before its head"
        case .interimStatus(let status): "status \(status) cannot end a response"
        case .invalidHeader(let name, let value):
            "invalid response header \(name.debugDescription): \(value.debugDescription)"
        case .bodyExceedsContentLength(let length): "the response's body exceeds its Content-Length of \(length)"
        case .bodyShorterThanContentLength(let length):
            "the response's body is shorter than its Content-Length of \(length)"
        case .unreadableFile(let error): "the response's file cannot be read: \(error)"
        case .changedFile: "the response's file was written to meanwhile"
        case .exchangeIsOver: "the response was written after its handler had returned"
        }
    }
}
