/// Finds the handler for a path. What that costs grows with the path's depth, and not with the number of handlers.
struct RouteTable: Sendable {
    private let handlers: [Handler]
    private let index: RouteIndex

    /// - Parameter handlers: in the order in which they are tried.
    init(_ handlers: [Handler]) {
        self.handlers = handlers
        index = RouteIndex(handlers.map(\.route))
    }

    /// The first handler whose route takes the path of a request, as it was sent.
    func handler(for path: String) -> Handler? {
        index.route(for: path).map { handlers[$0] }
    }
}
