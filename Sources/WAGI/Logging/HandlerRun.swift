import SandboxProtocol

/// A module's run for a request, as it is kept with it.
///
/// Sendable because one thread uses it at a time: the one that runs the handler, and then the one that sends the response.
final class HandlerRun: @unchecked Sendable {
    // Filled on the thread that runs the handler, and read when that is done with the exchange.
    private let handler: Handler
    private let environment: [UInt8]
    private let arguments: [String]
    private let errorOutput: GuestErrorOutput
    /// Until the module was ready to run.
    var instantiation = Duration.zero
    /// Bytes of linear memory, at the end.
    var memoryBytes = 0
    var failure: RecordedFailure?

    init(handler: Handler, environment: [UInt8], arguments: [String], errorOutput: GuestErrorOutput) {
        self.handler = handler
        self.environment = environment
        self.arguments = arguments
        self.errorOutput = errorOutput
    }

    /// What is kept of it.
    var recorded: RecordingWriter.Handler {
        RecordingWriter.Handler(
            route: handler.route.description, module: handler.moduleName, function: handler.function,
            environment: environment, arguments: arguments,
            errorOutput: .init(
                errorOutput.end.bytes.suffix(GuestErrorOutput.keptEnd), total: errorOutput.end.byteCount),
            failure: failure)
    }
}
