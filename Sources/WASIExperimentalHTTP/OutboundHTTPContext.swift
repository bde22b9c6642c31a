import HTTP

/// What one running guest has of outbound HTTP: the responses it holds. It belongs to the guest's store, and like it to
/// one thread at a time.
package final class OutboundHTTPContext {
    struct HeldResponse {
        let status: Status
        let headers: Headers
        let body: [UInt8]
        /// The bytes of the body that the guest has read.
        var readCount = 0
    }

    let policy: OutboundHTTPPolicy
    /// Runs what waits for another server.
    let whileWaiting: @Sendable (() -> Void) -> Void
    private var responses: [UInt32: HeldResponse] = [:]
    private var nextHandle: UInt32 = 1

    /// Makes the context of one guest.
    package init(
        _ policy: OutboundHTTPPolicy, whileWaiting: @escaping @Sendable (() -> Void) -> Void = { $0() }
    ) {
        self.policy = policy
        self.whileWaiting = whileWaiting
    }

    var isFull: Bool { responses.count >= policy.maximumResponses }

    /// Keeps a response for the guest, which names it by the result.
    func hold(_ response: HeldResponse) -> UInt32 {
        while responses[nextHandle] != nil { nextHandle &+= 1 }
        defer { nextHandle &+= 1 }
        responses[nextHandle] = response
        return nextHandle
    }

    func response(_ handle: UInt32) throws(OutboundHTTPError) -> HeldResponse {
        guard let response = responses[handle] else { throw .invalidHandle }
        return response
    }

    func forget(_ handle: UInt32) throws(OutboundHTTPError) {
        guard responses.removeValue(forKey: handle) != nil else { throw .invalidHandle }
    }

    /// Moves the next part of a response's body to `buffer`.
    ///
    /// - Returns: the number of bytes, 0 at the end.
    func readBody(
        _ handle: UInt32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(OutboundHTTPError) -> Int {
        guard let response = responses[handle] else { throw .invalidHandle }
        let count = min(buffer.count, response.body.count - response.readCount)
        response.body.withUnsafeBytes { body in
            buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: body[response.readCount..<response.readCount + count]))
        }
        responses[handle]!.readCount += count
        return count
    }
}

/// What a store's `hostState` is when a guest has an outbound HTTP context (beside a WASI context, for example).
package protocol OutboundHTTPContextHolder: AnyObject {
    var outboundHTTPContext: OutboundHTTPContext { get }
}

/// A function of `wasi_experimental_http` was called by a guest whose store has no context for it: a mistake of the
/// embedder.
package struct MissingOutboundHTTPContextError: Error, Sendable, CustomStringConvertible {
    package let function: String

    package var description: String {
        "the module called \(function), but its store's host state has no outbound HTTP context"
    }
}
