import Synchronization

/// Which hosts a server answers for, and where a connection passes on whose next request is for another one.
///
/// See <doc:Server>.
package final class HostRouting: Sendable {
    /// The queue that a connection passes through whose next request has this `Host` field; `nil` if the server answers
    /// it itself. Called on the event loop: it must not block.
    package typealias Route = @Sendable (_ hostField: String?) -> ConnectionQueue?

    private let route: Mutex<Route>
    /// Counts the routes.
    private let generation = Atomic<Int>(0)

    /// - Parameter route: by default, the server answers for every host.
    package init(_ route: @escaping Route = { _ in nil }) {
        self.route = Mutex(route)
    }

    /// Routes requests in another way from now on.
    package func use(_ route: @escaping Route) {
        self.route.withLock { $0 = route }
        generation.wrappingAdd(1, ordering: .releasing)
    }

    /// A field that the server answers for, as it was found out last: nearly every request has the same one, and costs no
    /// more than to compare it.
    struct Usual {
        fileprivate var field: [UInt8] = []
        fileprivate var generation = -1
        /// Longer fields are looked up each time.
        fileprivate static let limit = 256
    }

    /// Where a request's connection passes on; `nil` if the request is the server's.
    func queue(for headers: Headers, usual: inout Usual) -> ConnectionQueue? {
        // Before the field is looked up: what changes meanwhile is found at the next request.
        let generation = generation.load(ordering: .acquiring)
        if usual.generation == generation, headers.first("Host", is: usual.field) { return nil }
        let field = headers["Host"]
        if let queue = route.withLock({ $0 })(field) { return queue }
        if let field, field.utf8.count <= Usual.limit {
            usual = Usual(field: Array(field.utf8), generation: generation)
        }
        return nil
    }
}
