import WASI
import WASIExperimentalHTTP

/// What a running module has of the host, when that is more than WASI.
final class GuestState: WASIContextHolder, OutboundHTTPContextHolder {
    let wasiContext: WASIContext
    let outboundHTTPContext: OutboundHTTPContext

    private init(
        _ context: WASIContext, _ policy: OutboundHTTPPolicy, _ whileWaiting: @escaping @Sendable (() -> Void) -> Void
    ) {
        wasiContext = context
        outboundHTTPContext = OutboundHTTPContext(policy, whileWaiting: whileWaiting)
    }

    /// The state of a store: the WASI context itself for modules that send no requests.
    ///
    /// - Parameter whileWaiting: runs what waits for another server.
    static func state(
        _ context: WASIContext, _ policy: OutboundHTTPPolicy?,
        whileWaiting: @escaping @Sendable (() -> Void) -> Void = { $0() }
    ) -> AnyObject {
        policy.map { GuestState(context, $0, whileWaiting) } ?? context
    }
}
