/// Serves the files below a directory, never anything outside it.
public final class StaticFiles: Sendable {
    /// - Parameter root: an existing directory.
    public init(root: String) throws(SystemError) { fatalError() }

    /// The response for a request's path below the root: a file, 304, 206, 416, 412, a redirect to a directory's
    /// trailing slash, 405 for another method than GET and HEAD. `nil` when there is no such file, so that the caller
    /// can try something else before 404.
    public func respond(to request: Request) -> Response? { fatalError() }
}
