package import HTTP
import Synchronization
import WASI
import WebAssemblyRuntime

extension Application {
    /// Answers a request: `/healthz`, else the first handler whose route matches, else the asset, else 404.
    package func respond(to request: Request, _ body: RequestBody, _ writer: ResponseWriter) throws {
        if let routed = writer.preparation as? RoutedRequest { return try run(routed, body, writer) }
        switch answer(to: request) {
        case .response(let response): try writer.respond(response)
        case .run(let routed): try run(routed, body, writer)
        case .pass(let proxy): try proxy.respond(to: request, body, writer)
        }
    }

    /// What the event loop does with a request: all that needs no module is answered there.
    func inlineAnswer(to request: Request) -> InlineAnswer {
        switch answer(to: request) {
        case .response(let response): .response(response)
        case .run(let routed): .handle(routed)
        case .pass: .handle(nil)
        }
    }

    private enum Answer {
        case response(Response)
        case run(RoutedRequest)
        case pass(Proxy)
    }

    private func answer(to original: Request) -> Answer {
        if let refusal = configuration.webGuard.refusal(of: original) { return .response(refusal.response) }
        if let response = configuration.liveReload?.respond(to: original) { return .response(response) }
        let (request, insertion) = followed(original)
        let path = request.path
        if path == "/healthz" { return .response(Response(text: "OK")) }
        if let handler = handler(for: path) {
            return .run(RoutedRequest(handler: handler, request: request, insertion: insertion))
        }
        if let proxy = proxies.proxy(for: path) { return .pass(proxy) }
        let response = staticFiles?.respond(to: request) ?? NotFoundPage(application: self).response(to: request)
        return .response(insertion?.apply(to: response) ?? response)
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

    func handler(for path: String) -> Handler? { table.handler(for: path) }

    // MARK: Running a module

    private func run(_ routed: RoutedRequest, _ body: RequestBody, _ writer: ResponseWriter) throws {
        let (handler, request, insertion) = (routed.handler, routed.request, routed.insertion)
        var hasInstance = false
        defer {
            if hasInstance, handler.images.areDue {
                writer.afterwards { [configuration, deadlines] in
                    handler.images.take(configuration.limits, deadlines)
                }
            }
        }
        let known = handler.program.takeIdle()
        var answered: Guest?
        // After all that follows: neither its deadline nor a client that goes away may end it while it answers another one.
        defer { answered?.release() }
        let store = known?.store ?? Store(limits: configuration.limits.store)
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
        if body.contentLength == nil, !handler.program.answersHTTP {
            do {
                bufferedBody = try body.readAll(limit: configuration.limits.undeclaredBodyBytes)
            } catch {
                guard error == .cancelled, !abandonment.isSet else { throw error }
                deadlines.cancel(ticket)
                try fail(
                    Run(handler: handler, request: request, writer: writer, insertion: insertion), .requestTimeout,
                    "the request's body has not arrived within \(configuration.limits.timeInSeconds) seconds, "
                        + "the limit of a request: --timeout sets another")
                return
            }
        }
        let errorOutput = GuestErrorOutput(handler.log, requestID: request.id)
        defer { errorOutput.flush() }
        let guest = guest(store, known, routed, body, bufferedBody, writer, errorOutput)
        let exchange = guest.exchange
        let run = Run(
            handler: handler, request: request, writer: writer, insertion: insertion, exchange: exchange,
            errorOutput: errorOutput)
        var recorded: HandlerRun?
        if writer.isRecorded {
            recorded = HandlerRun(
                handler: handler, environment: guest.environment, arguments: guest.arguments, errorOutput: errorOutput)
            writer.details = recorded
        }
        let start = recorded.map { _ in ContinuousClock.now }
        defer {
            recorded?.memoryBytes = store.memoryBytesInUse
            warn(exchange.warnings, routed)
        }
        do {
            // What follows a guest is not to be disturbed by signals to it.
            defer { deadlines.cancel(ticket) }
            try guest.run {
                if let recorded, let start { recorded.instantiation = .now - start }
                hasInstance = true
            }
            try exchange.finish()
            answered = guest
        } catch GuestFailure.trap(let trap) {
            errorOutput.flush()
            var failure = located(.trap(trap), in: handler)
            let trap = failure.trap
            if case .interrupted? = trap?.kind {
                guard !abandonment.isSet else { throw ResponseError.clientDisconnected }
                failure = .timedOut(configuration.limits.time, exchange.interruptedWait)
            }
            try fail(run, .internalServerError, failure.description(after: guest.limitDescriptions()), trap)
        } catch let failure as GuestFailure {
            errorOutput.flush()
            let failure = located(failure, in: handler)
            // A module that ends itself may do so because it was refused something.
            let limits = store.limitDescriptions + guest.limitDescriptions()
            try fail(run, .internalServerError, failure.description(after: limits), failure.trap)
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
                try fail(run, .internalServerError, failure.description(after: guest.limitDescriptions()))
            default: try fail(run, .badGateway, "the module's response is not valid: \(error)")
            }
        }
    }

    /// A failure with the places that only the source maps of the handler's modules know, where the project is at hand.
    private func located(_ failure: GuestFailure, in handler: Handler) -> GuestFailure {
        guard let directory = configuration.sourceDirectory, let frames = failure.trap?.frames,
            frames.contains(where: { $0.sourceLocation == nil }),
            case let maps = SourceMaps(
                of: handler.program.translatedModules.map(\.module), named: handler.moduleName, in: directory),
            !maps.isEmpty
        else { return failure }
        return failure.located(by: maps)
    }

    /// Logs what was odd about a header block that could be read nevertheless, and tells the page.
    private func warn(_ warnings: [String], _ routed: RoutedRequest) {
        guard !warnings.isEmpty else { return }
        let request = routed.request
        for warning in warnings {
            routed.handler.log.append("warning: \(request.method) \(request.target): \(warning)", requestID: request.id)
        }
        guard routed.insertion != nil else { return }
        configuration.liveReload?.warn(warnings.joined(separator: "; "), about: request)
    }

    /// Logs what went wrong, and answers with it. If a part of another answer has left already, that is cut off by
    /// throwing.
    private func fail(
        _ run: Run, _ status: Status, _ problem: String, _ trap: Trap? = nil, isMalformed: Bool = false
    ) throws {
        let (handler, request) = (run.handler, run.request)
        let text = "\(request.method) \(request.target) → \(handler.function) of \(handler.moduleName): \(problem)"
        handler.log.append(text, requestID: request.id)
        let report = FailureReport(
            status: status, problem: problem, isMalformed: isMalformed, trap: trap, handler: handler, request: request,
            output: run.exchange?.output, errorOutput: run.errorOutput?.end,
            sourceDirectory: configuration.sourceDirectory, editor: configuration.editor)
        (run.writer.details as? HandlerRun)?.failure = report.recorded
        if run.exchange?.isFinished == true {
            configuration.liveReload?.tell(report)
            return
        }
        guard !run.writer.hasSent else {
            configuration.liveReload?.tell(report)
            if try run.exchange?.endPage() == true { return }
            throw IncompleteResponse(problem: problem)
        }
        run.writer.discard()
        let response =
            configuration.errorAudience.includes(request, configuration.webGuard)
            ? report.response() : Response(status: status, text: "\(status): \(report.problem)\n")
        try run.writer.respond(run.insertion?.apply(to: response) ?? response)
    }
}

/// A request, with all that has been found out about it before a module is run.
struct RoutedRequest: Sendable {
    let handler: Handler
    /// As the app is to get it.
    let request: Request
    /// What is to be done to the response.
    let insertion: ScriptInsertion?
}

/// A module's run for a request, and what it leaves.
private struct Run {
    let handler: Handler
    let request: Request
    let writer: ResponseWriter
    let insertion: ScriptInsertion?
    var exchange: (any GuestExchange)?
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
