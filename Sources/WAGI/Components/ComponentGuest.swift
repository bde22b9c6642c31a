import ComponentModel
import WASI
import WASIHTTP
import WASIPreview2
import WebAssemblyRuntime

/// An instance of a component, with all that it has of the host.
///
/// Sendable because one thread uses it at a time: the one that runs the request which it answers.
final class ComponentGuest: @unchecked Sendable {
    let store: Store
    let context: WASIPreview2Context
    let http: HTTPContext
    private var instance: ComponentInstance?
    /// How many requests it has answered.
    private(set) var answeredCount = 0
    /// Whether it has ended itself: an instance that was left in the middle of a call takes no other.
    private(set) var hasExited = false

    /// What belongs to the request that is being answered: the streams of the instance lead there.
    ///
    /// Sendable because the thread that runs the request is the only one to use it.
    private final class Surroundings: @unchecked Sendable {
        // See above.
        var exchange: (any GuestExchange)?
        var errorOutput: GuestErrorOutput?
    }

    private let surroundings: Surroundings

    /// Makes a guest without an instance, which is made when it runs.
    ///
    /// - Parameters:
    ///   - store: new, and the guest's own.
    ///   - configuration: what the guest is given, but for its standard error and how it waits. What it prints goes to its
    ///     standard error where nothing else is said.
    ///   - handler: says where it may send requests.
    init(_ store: Store, _ configuration: WASIConfiguration, _ handler: Handler) {
        let surroundings = Surroundings()
        self.surroundings = surroundings
        var configuration = configuration
        configuration.standardError = .output { surroundings.errorOutput?.write($0) }
        configuration.whileWaiting = { wait in
            if let exchange = surroundings.exchange { exchange.whileWaiting(wait) } else { wait() }
        }
        if case .discard = configuration.standardOutput { configuration.standardOutput = configuration.standardError }
        self.store = store
        context = WASIPreview2Context(configuration, socketPolicy: handler.sockets, threads: handler.threads)
        http = HTTPContext(context, policy: handler.outboundHTTP)
        store.hostState = context
    }

    func begin(_ exchange: any GuestExchange, _ errorOutput: GuestErrorOutput) {
        surroundings.exchange = exchange
        surroundings.errorOutput = errorOutput
    }

    /// Lets go of the request, and gets ready for the next one.
    func rest() {
        http.end()
        // It may have kept a handle to the request.
        (surroundings.exchange as? ComponentExchange)?.end()
        surroundings.exchange = nil
        surroundings.errorOutput = nil
        store.clearInterrupt()
    }

    /// Answers a request by the component's function.
    ///
    /// - Parameter whenReady: called when the instance is there.
    /// - Throws: `GuestFailure`; the error of a host function unchanged.
    func run(_ program: ComponentProgram, _ exchange: any GuestExchange, whenReady: () -> Void) throws {
        guard let entry = program.entry else { throw program.problem! }
        do {
            let instance = try self.instance ?? program.linked.instantiate(in: store)
            self.instance = instance
            whenReady()
            switch entry {
            case .command(let function):
                if try instance.call(function) == .error() { throw GuestFailure.failed }
            case .incomingHandler(let function):
                guard let exchange = exchange as? ComponentExchange else { preconditionFailure("it is of HTTP") }
                let (request, outparam) = try http.begin(exchange, in: context)
                try instance.call(function, [.resource(request), .resource(outparam)])
            }
        } catch let trap as Trap {
            hasExited = true
            if let failure = try GuestFailure(trap) { throw failure }
        }
        if case .incomingHandler = entry { try checkResponse() }
        answeredCount += 1
    }

    private func checkResponse() throws {
        switch http.outcome {
        case .finished: return
        case .notSet:
            throw GuestFailure.noResponse(
                "the component ended without a response: it has to set the response-outparam that it was given")
        case .error(let code): throw GuestFailure.noResponse("the component answered with the error \(code)")
        case .unfinished(let code?): throw GuestFailure.noResponse("the component's response is not whole: \(code)")
        case .unfinished(nil):
            throw GuestFailure.noResponse(
                "the component ended without having finished the body of its response (outgoing-body.finish)")
        }
    }
}
