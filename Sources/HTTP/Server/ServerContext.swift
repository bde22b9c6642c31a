import Synchronization

/// What the event loop and the workers of one server share.
final class ServerContext: Sendable {
    let configuration: ServerConfiguration
    let handler: RequestHandler
    let headLimits: HeadLimits
    let encoder: ResponseHeadEncoder
    let isDraining = Atomic<Bool>(false)
    /// Whether draining passes connections on to another process.
    let isHandingOver = Atomic<Bool>(false)
    private let requestCount = Atomic<UInt64>(0)

    init(configuration: ServerConfiguration, handler: @escaping RequestHandler) {
        self.configuration = configuration
        self.handler = handler
        headLimits = HeadLimits(
            maximumStartLine: configuration.maximumRequestLine, maximumHead: configuration.maximumHead,
            maximumFields: configuration.maximumFields)
        encoder = ResponseHeadEncoder(serverName: configuration.serverName)
    }

    func nextRequestID() -> UInt64 {
        requestCount.wrappingAdd(1, ordering: .relaxed).newValue
    }

    func report(_ problem: @autoclosure () -> String) {
        configuration.problemObserver?(problem())
    }

    /// The pace that a client must keep while a worker waits for it.
    var pace: TransferPace {
        TransferPace(
            stallTimeout: configuration.stallTimeout, minimumRate: configuration.minimumRate,
            grace: configuration.minimumRateGrace)
    }
}
