import HTTP
import Synchronization
import WASI
import WebAssemblyRuntime

extension Application {
    /// A module may send the client on to others of the application only so often.
    private static let maximumLocalRedirects = 10

    /// Answers a request: `/healthz`, else the first handler whose route matches, else the asset, else 404.
    package func respond(to request: Request, _ body: RequestBody, _ writer: ResponseWriter) throws {
        if let response = responseWithoutHandler(to: request) { return try writer.respond(response) }
        let (request, insertion) = followed(request)
        guard let handler = handler(for: request.path) else { return }
        try run(handler, request, body, writer, insertion)
    }

    /// The response to a request that no module is run for; nil if one is.
    func responseWithoutHandler(to request: Request) -> Response? {
        if let refusal = configuration.webGuard.refusal(of: request) { return refusal.response }
        if let response = configuration.liveReload?.respond(to: request) { return response }
        let (request, insertion) = followed(request)
        return response(to: request).map { insertion?.apply(to: $0) ?? $0 }
    }

    /// The request as the app is to get it, and what is to be done to the response so that the page in it follows the
    /// project.
    private func followed(_ request: Request) -> (Request, ScriptInsertion?) {
        guard let liveReload = configuration.liveReload else { return (request, nil) }
        guard let insertion = liveReload.insertion(for: request) else {
            return (ScriptInsertion.withoutPageTags(request), nil)
        }
        return (insertion.request, insertion)
    }

    private func response(to request: Request) -> Response? {
        if request.path == "/healthz" { return Response(text: "OK") }
        if handler(for: request.path) != nil { return nil }
        if let response = staticFiles?.respond(to: request) { return response }
        return NotFoundPage(application: self).response(to: request)
    }

    func handler(for path: String) -> Handler? {
        handlers.first { $0.route.matches(path) }
    }

    // MARK: Running a module

    private func run(
        _ first: Handler, _ original: Request, _ originalBody: RequestBody, _ writer: ResponseWriter,
        _ insertion: ScriptInsertion?
    ) throws {
        var (handler, request, body) = (first, original, originalBody)
        for _ in 0...Self.maximumLocalRedirects {
            guard let target = try runOnce(handler, request, body, writer, insertion) else { return }
            request = Request(
                method: request.method == .head ? .head : .get, target: target, version: request.version,
                headers: Self.headersWithoutBody(request.headers), remoteAddress: request.remoteAddress,
                receivedAt: request.receivedAt, id: request.id)
            body = RequestBody([])
            if let response = response(to: request) {
                return try writer.respond(insertion?.apply(to: response) ?? response)
            }
            guard let next = self.handler(for: request.path) else { return }
            handler = next
        }
        try fail(
            Run(handler: handler, request: request, writer: writer, insertion: insertion), .internalServerError,
            "the module redirected to a local path for the \(Self.maximumLocalRedirects + 1)th time, at last from "
                + request.target)
    }

    private static func headersWithoutBody(_ headers: Headers) -> Headers {
        var headers = headers
        for name in ["Content-Length", "Content-Type", "Transfer-Encoding", "Expect"] { headers.remove(name) }
        return headers
    }

    /// Runs the handler's module once.
    /// - Returns: the path and query that it redirects to within the application, if it does.
    private func runOnce(
        _ handler: Handler, _ request: Request, _ body: RequestBody, _ writer: ResponseWriter,
        _ insertion: ScriptInsertion?
    ) throws -> String? {
        let store = Store(limits: configuration.limits.store)
        let ticket = deadlines.schedule(store, limit: configuration.limits.time)
        let abandonment = Flag()
        writer.onDisconnect { [deadlines] in
            abandonment.set()
            deadlines.interrupt(ticket)
        }
        writer.cancelWaits { store.isInterrupted }
        defer {
            deadlines.cancel(ticket)
            writer.cancelWaits(when: nil)
        }
        // CGI promises the length, so a body that does not tell it is read first.
        var bufferedBody: [UInt8]?
        if body.contentLength == nil {
            do {
                bufferedBody = try body.readAll(limit: configuration.limits.undeclaredBodyBytes)
            } catch {
                guard error == .cancelled, !abandonment.isSet else { throw error }
                deadlines.cancel(ticket)
                try fail(
                    Run(handler: handler, request: request, writer: writer, insertion: insertion), .requestTimeout,
                    "the request's body has not arrived within \(configuration.limits.timeInSeconds) seconds, "
                        + "the limit of a request: --timeout sets another")
                return nil
            }
        }
        let exchange = CGIExchange(
            body: body, bufferedBody: bufferedBody, writer: writer,
            maximumBodyBytes: configuration.limits.responseBytes, insertion: insertion)
        let errorOutput = GuestErrorOutput(handler.log, requestID: request.id)
        defer { errorOutput.flush() }
        let run = Run(
            handler: handler, request: request, writer: writer, insertion: insertion, exchange: exchange,
            errorOutput: errorOutput)
        let environment = CGIEnvironment(
            request: request, route: handler.route, userVariables: configuration.environment,
            defaultHost: configuration.defaultHost,
            bodyLength: body.contentLength ?? Int64(bufferedBody?.count ?? 0))
        var guest = WASIConfiguration(
                arguments: CGIArguments.arguments(for: request, template: handler.argumentTemplate),
                environment: environment.variables, preopens: handler.preopens,
                standardInput: .input { try exchange.read(into: $0) },
                standardOutput: .output { try exchange.write($0) },
                standardError: .output { errorOutput.write($0) })
        guest.descriptorLimit = configuration.limits.openFiles
        guest.descriptorRemedy = configuration.limits.openFilesRemedy
        let context = WASIContext(guest)
        store.hostState = GuestState.state(context, handler.outboundHTTP)
        do {
            // What follows a guest is not to be disturbed by signals to it.
            defer { deadlines.cancel(ticket) }
            let exitCode = try handler.module.exitCode(ofRunning: handler.function, in: store, exchange)
            try exchange.finish()
            if exitCode != 0 {
                errorOutput.flush()
                handler.log.append("the module ended itself with exit code \(exitCode)", requestID: request.id)
            }
        } catch GuestFailure.trap(let trap) {
            errorOutput.flush()
            var failure = GuestFailure.trap(trap)
            if case .interrupted = trap.kind {
                guard !abandonment.isSet else { throw ResponseError.clientDisconnected }
                failure = .timedOut(configuration.limits.time, exchange.interruptedWait)
            }
            try fail(run, .internalServerError, failure.description(after: context.limitDescriptions), trap)
        } catch let failure as GuestFailure {
            errorOutput.flush()
            // A module that ends itself may do so because it was refused something.
            let limits = store.limitDescriptions + context.limitDescriptions
            try fail(run, .internalServerError, failure.description(after: limits))
        } catch let malformed as CGIResponseParser.Malformed {
            errorOutput.flush()
            try fail(run, Status(malformed.status), malformed.description, isMalformed: true)
        } catch let error as ResponseError {
            // A client that is gone is no failure of the module; a response that contradicts itself is.
            switch error {
            case .clientDisconnected, .timedOut: throw error
            case .cancelled:
                guard !abandonment.isSet else { throw ResponseError.clientDisconnected }
                let failure = GuestFailure.timedOut(configuration.limits.time, .response)
                try fail(run, .internalServerError, failure.description(after: context.limitDescriptions))
            default: try fail(run, .badGateway, "the module's response is not valid: \(error)")
            }
        }
        if case .localRedirect(let target) = exchange.state { return target }
        return nil
    }

    /// Logs what went wrong, and answers with it. If an answer has begun already, it is cut off by throwing.
    private func fail(
        _ run: Run, _ status: Status, _ problem: String, _ trap: Trap? = nil, isMalformed: Bool = false
    ) throws {
        let (handler, request) = (run.handler, run.request)
        let text = "\(request.method) \(request.target) → \(handler.function) of \(handler.moduleName): \(problem)"
        handler.log.append(text, requestID: request.id)
        let report = FailureReport(
            status: status, problem: problem, isMalformed: isMalformed, trap: trap, handler: handler, request: request,
            output: run.exchange?.output, errorOutput: run.errorOutput?.end)
        guard !run.writer.hasHead else {
            configuration.liveReload?.tell(report)
            if try run.exchange?.endPage() == true { return }
            throw IncompleteResponse(problem: problem)
        }
        let response =
            configuration.errorAudience.includes(request)
            ? report.response() : Response(status: status, text: "\(status): \(report.problem)\n")
        try run.writer.respond(run.insertion?.apply(to: response) ?? response)
    }
}

extension LinkedModule {
    /// Runs a function. A module that has begun to answer may end itself with any code, as CGI programs do: the response
    /// is what it has written.
    fileprivate func exitCode(ofRunning function: String, in store: Store, _ exchange: CGIExchange) throws -> UInt32 {
        do {
            try run(function, in: store)
            return 0
        } catch GuestFailure.exit(let code) where !exchange.isHeaderMissing {
            return code
        }
    }
}

/// A module's run for a request, and what it leaves.
private struct Run {
    let handler: Handler
    let request: Request
    let writer: ResponseWriter
    let insertion: ScriptInsertion?
    var exchange: CGIExchange?
    var errorOutput: GuestErrorOutput?
}

/// A module failed after its response had begun, which therefore ends early.
struct IncompleteResponse: Error, CustomStringConvertible {
    let problem: String

    var description: String { "the response is incomplete: \(problem)" }
}

/// Something that happens once, on whatever thread.
private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}
