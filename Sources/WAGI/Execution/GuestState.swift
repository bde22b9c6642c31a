import WASI
import WASIExperimentalHTTP

/// What a running module has of the host, when that is more than WASI.
final class GuestState: WASIContextHolder, OutboundHTTPContextHolder {
    let wasiContext: WASIContext
    let outboundHTTPContext: OutboundHTTPContext

    private init(_ context: WASIContext, _ policy: OutboundHTTPPolicy) {
        wasiContext = context
        outboundHTTPContext = OutboundHTTPContext(policy)
    }

    /// The state of a store: the WASI context itself for modules that send no requests.
    static func state(_ context: WASIContext, _ policy: OutboundHTTPPolicy?) -> AnyObject {
        policy.map { GuestState(context, $0) } ?? context
    }
}
