import HTTP
import WASI
import WASIPreview2
import WebAssemblyRuntime

/// A guest that is ready to answer one request, whatever it is.
struct Guest {
    let exchange: any GuestExchange
    /// The block of its environment, and its arguments, as they are kept with the request.
    let environment: [UInt8]
    let arguments: [String]
    /// What limits have refused it.
    let limitDescriptions: () -> [String]
    /// Answers the request; the parameter is called when the instance is there.
    let run: (_ whenReady: () -> Void) throws -> Void
    /// To be called last, after a run that came to its end, when nothing of the request refers to the guest any more: from
    /// then on it may answer another one, on another thread.
    var release: () -> Void = {}
}

extension Program {
    /// Whether it answers HTTP requests itself, and is no CGI program.
    var answersHTTP: Bool {
        if case .component(let program) = self, case .incomingHandler? = program.entry { true } else { false }
    }

    /// An instance that has answered requests before and may answer this one.
    func takeIdle() -> ComponentGuest? {
        if case .component(let program) = self { program.takeIdle() } else { nil }
    }
}

extension Application {
    /// The guest for a request.
    ///
    /// - Parameters:
    ///   - store: its own, new unless it is that of `known`.
    ///   - known: an instance of the component that is used again.
    ///   - bufferedBody: the request's body, if it had to be read already.
    func guest(
        _ store: Store, _ known: ComponentGuest?, _ routed: RoutedRequest, _ body: RequestBody,
        _ bufferedBody: [UInt8]?, _ writer: ResponseWriter, _ errorOutput: GuestErrorOutput
    ) -> Guest {
        let bodyLength = body.contentLength ?? Int64(bufferedBody?.count ?? 0)
        if case .component(let program) = routed.handler.program, routed.handler.program.answersHTTP {
            // What one client has sent is nothing for the requests of others, and nothing for who does not ask.
            let wasi =
                program.reuse > 1 || !program.readsEnvironment
                ? configuration(
                    of: routed.handler, environment: routed.handler.environment.block,
                    arguments: [routed.handler.moduleName])
                : configuration(of: routed, bodyLength: bodyLength)
            let exchange = ComponentExchange(
                routed.request, route: routed.handler.route, defaultHost: configuration.defaultHost, body: body,
                writer: writer, maximumBodyBytes: configuration.limits.responseBytes, insertion: routed.insertion)
            let component = known ?? ComponentGuest(store, wasi, routed.handler)
            return guest(component, program, exchange, wasi, errorOutput)
        }
        let exchange = CGIExchange(
            body: body, bufferedBody: bufferedBody, writer: writer,
            maximumBodyBytes: configuration.limits.responseBytes, insertion: routed.insertion,
            isHead: routed.request.method == .head)
        var wasi = configuration(of: routed, bodyLength: bodyLength)
        wasi.standardInput = .input { try exchange.read(into: $0) }
        wasi.standardOutput = .output { try exchange.write($0) }
        switch routed.handler.program {
        case .component(let program):
            let component = ComponentGuest(store, wasi, routed.handler)
            return guest(component, program, exchange, wasi, errorOutput)
        case .module(let module, let function):
            wasi.standardError = .output { errorOutput.write($0) }
            wasi.whileWaiting = { exchange.whileWaiting($0) }
            let context = WASIContext(wasi)
            store.hostState = GuestState.state(context, routed.handler.outboundHTTP) { exchange.whileWaiting($0) }
            return Guest(
                exchange: exchange, environment: wasi.environmentBlock?.bytes ?? [], arguments: wasi.arguments,
                limitDescriptions: { context.limitDescriptions },
                run: { whenReady in try module.run(function, in: store, whenReady: whenReady) })
        }
    }

    private func guest(
        _ component: ComponentGuest, _ program: ComponentProgram, _ exchange: any GuestExchange,
        _ wasi: WASIConfiguration, _ errorOutput: GuestErrorOutput
    ) -> Guest {
        component.begin(exchange, errorOutput)
        return Guest(
            exchange: exchange, environment: wasi.environmentBlock?.bytes ?? [], arguments: wasi.arguments,
            limitDescriptions: { component.context.limitDescriptions },
            run: { whenReady in try component.run(program, exchange, whenReady: whenReady) },
            release: { program.giveBack(component) })
    }

    /// What a guest is given for a request, but for its streams.
    private func configuration(of routed: RoutedRequest, bodyLength: Int64) -> WASIConfiguration {
        let (handler, request) = (routed.handler, routed.request)
        let environment = CGIEnvironment(
            request: request, constants: handler.environment, defaultHost: configuration.defaultHost,
            bodyLength: bodyLength)
        return configuration(
            of: handler, environment: environment.block,
            arguments: CGIArguments.arguments(for: request, template: handler.argumentTemplate))
    }

    private func configuration(
        of handler: Handler, environment: StringBlock, arguments: [String]
    ) -> WASIConfiguration {
        var wasi = WASIConfiguration(arguments: arguments, preopens: handler.preopens)
        wasi.environmentBlock = environment
        wasi.descriptorLimit = configuration.limits.openFiles
        wasi.descriptorRemedy = configuration.limits.openFilesRemedy
        return wasi
    }
}
