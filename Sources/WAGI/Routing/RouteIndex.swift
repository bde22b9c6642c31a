import Bindle

/// The routes of an application by the bytes of their paths.
///
/// A path is looked up once as a whole, and once for each of its beginnings that ends before a slash and is as long as the
/// path of some route. A long path of nothing but slashes therefore costs no more than another.
struct RouteIndex: Sendable {
    /// By its path, the first route that takes exactly that.
    private var exact: [[UInt8]: Int] = [:]
    /// By its path, the first route that takes all below, too.
    private var below: [[UInt8]: Int] = [:]
    /// The lengths of the paths of `below`.
    private var lengths: Set<Int> = []
    private var longest = 0

    /// - Parameter routes: in the order in which they are tried.
    init(_ routes: [Route]) {
        for (index, route) in routes.enumerated() {
            let path = Array(route.path.utf8)
            if route.includesPathsBelow {
                if below[path] == nil { below[path] = index }
                lengths.insert(path.count)
            } else if exact[path] == nil {
                exact[path] = index
            }
            longest = max(longest, path.count)
        }
    }

    /// The place of the first route that takes the path of a request, as it was sent.
    ///
    /// - Parameter isLookedFor: told of each beginning of the path, by its length, that is looked for.
    func route(for path: String, isLookedFor: (Int) -> Void = { _ in }) -> Int? {
        var path = path
        return path.withUTF8 { bytes in
            var first = Int.max
            if bytes.count <= longest {
                isLookedFor(bytes.count)
                let whole = Array(bytes)
                first = min(exact[whole] ?? .max, below[whole] ?? .max)
            }
            for length in 0..<min(bytes.count, longest + 1)
            where bytes[length] == UInt8(ascii: "/") && lengths.contains(length) {
                isLookedFor(length)
                if let index = below[Array(bytes[..<length])] { first = min(first, index) }
            }
            return first == .max ? nil : first
        }
    }
}
