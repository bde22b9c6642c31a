import Bindle
import HTTP
import WASI
import WASIExperimentalHTTP
import WASIPreview2

/// A route that can be served: a module or a component, linked, and what of it is called.
struct Handler: Sendable {
    /// The route that requests are matched with: the module's, or that of a sub-route.
    let route: Route
    let program: Program
    let images: InstanceImages
    let moduleName: String
    let argumentTemplate: String?
    let preopens: [Preopen]
    /// Where it may send requests; nil when it cannot send any.
    let outboundHTTP: OutboundHTTPPolicy?
    /// Where the sockets of a component may lead, which follows from that.
    let sockets: SocketPolicy
    /// The threads of all its instances that are components.
    let threads = ThreadBudget(limit: ThreadBudget.handlerLimit, within: .process)
    /// Requests to sub-routes are logged with their module's.
    let log: RouteLog
    /// What of the environment is the same for all requests.
    let environment: CGIEnvironment.Constants

    /// What is called, as it is named in logs and pages.
    var function: String { program.function }
}
