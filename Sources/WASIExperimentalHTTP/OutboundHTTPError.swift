/// The codes that the functions of `wasi_experimental_http` return.
enum OutboundHTTPError: UInt32, Error {
    case invalidHandle = 1
    case memoryNotFound = 2
    case memoryAccessError = 3
    case bufferTooSmall = 4
    case headerNotFound = 5
    case utf8Error = 6
    case destinationNotAllowed = 7
    case invalidMethod = 8
    case invalidEncoding = 9
    case invalidURL = 10
    case requestError = 11
    case runtimeError = 12
    case tooManySessions = 13
}
