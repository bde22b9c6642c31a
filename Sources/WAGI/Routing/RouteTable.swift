/// Finds the handler for a path. What that costs grows with the path's depth, and not with the number of handlers.
struct RouteTable: Sendable {
    private let handlers: [Handler]
    /// By its path, the first handler with a route that takes exactly that.
    private var exact: [String: Int] = [:]
    /// By its path, the first handler with a route that takes all below, too.
    private var below: [String: Int] = [:]

    /// - Parameter handlers: in the order in which they are tried.
    init(_ handlers: [Handler]) {
        self.handlers = handlers
        for (index, handler) in handlers.enumerated() {
            let route = handler.route
            if route.includesPathsBelow {
                if below[route.path] == nil { below[route.path] = index }
            } else if exact[route.path] == nil {
                exact[route.path] = index
            }
        }
    }

    /// The first handler whose route takes the path of a request, as it was sent.
    func handler(for path: String) -> Handler? {
        index(for: path).map { handlers[$0] }
    }

    private func index(for path: String) -> Int? {
        // For a few, comparing is cheaper than hashing.
        if handlers.count <= 4 { return handlers.firstIndex { $0.route.matches(path) } }
        var first = min(exact[path] ?? .max, below[path] ?? .max)
        let bytes = path.utf8
        for place in bytes.indices where bytes[place] == UInt8(ascii: "/") {
            if let index = below[String(path[..<place])] { first = min(first, index) }
        }
        return first == .max ? nil : first
    }
}
