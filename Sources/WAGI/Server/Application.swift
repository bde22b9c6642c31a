import Bindle
import Foundation
import HTTP
import SandboxProtocol
import WASI
import WASIExperimentalHTTP
import WebAssemblyRuntime

/// Handlers that are loaded and ready to answer requests.
public final class Application: Sendable {
    let handlers: [Handler]
    let staticFiles: StaticFiles?
    let configuration: WAGIConfiguration
    let deadlines = DeadlineTimer()
    /// How long the stages of loading took.
    public let timings: [StageTiming]
    /// The application's own directory, removed with it.
    private let directory: PrivateDirectory
    private let unusedParcels: UnusedParcels?

    private init(_ loading: Loading, configuration: WAGIConfiguration) {
        handlers = loading.handlers
        staticFiles = loading.staticFiles
        timings = loading.timings
        directory = loading.directory
        unusedParcels = loading.unusedParcels
        self.configuration = configuration
    }

    /// Loads handlers whose modules are files.
    public convenience init(
        handlers definitions: [HandlerDefinition], configuration: WAGIConfiguration = WAGIConfiguration()
    ) throws(LoadError) {
        var loading = try Loading(configuration)
        try loading.loadHandlers(definitions)
        self.init(loading, configuration: configuration)
    }

    /// Fetches a bindle and loads its handlers.
    public convenience init(
        bindle id: BindleID, from source: some ParcelSource, configuration: WAGIConfiguration = WAGIConfiguration()
    ) throws(LoadError) {
        var loading = try Loading(configuration)
        try loading.loadBindle(id, from: source)
        self.init(loading, configuration: configuration)
    }

    /// Removes the application's files. It can answer no more requests then, and need not be released: for processes
    /// that are about to end.
    public func removeFiles() {
        directory.remove()
    }

    /// Removes parcels from the cache that this application does not need and that have not come lately: what edits
    /// have left behind.
    public func removeUnusedParcels() {
        unusedParcels?.remove()
    }

    /// The routes and the functions that serve them, in the order in which they are tried.
    public var routes: [(route: Route, module: String, function: String)] {
        handlers.map { ($0.route, $0.moduleName, $0.function) }
    }
}

/// An application while it is loaded.
private struct Loading {
    let configuration: WAGIConfiguration
    let directory: PrivateDirectory
    let deadlines = DeadlineTimer()
    var handlers: [Handler] = []
    var staticFiles: StaticFiles?
    var timings: [StageTiming] = []
    var unusedParcels: UnusedParcels?
    private var stageStart = ContinuousClock.now

    init(_ configuration: WAGIConfiguration) throws(LoadError) {
        self.configuration = configuration
        // Beside the cache, so that both are on one file system and assets can be links.
        directory = try PrivateDirectory(in: configuration.cacheDirectory ?? NSTemporaryDirectory())
    }

    private mutating func endStage(_ name: String) {
        timings.append(StageTiming(stage: name, milliseconds: (ContinuousClock.now - stageStart).milliseconds))
        stageStart = .now
    }

    mutating func loadBindle(_ id: BindleID, from source: some ParcelSource) throws(LoadError) {
        let invoice: Invoice
        do {
            invoice = try source.invoice(of: id)
        } catch {
            throw LoadError("the bindle \(id) cannot be fetched: \(error)")
        }
        let bindle = try BindleApplication(invoice)
        let cache = try ParcelCache(
            directory: configuration.cacheDirectory.map { "\($0)/parcels" } ?? "\(directory.path)/parcels")
        let labels = bindle.handlers.map(\.label) + bindle.assets
        try cache.fetch(labels, of: id, from: source)
        unusedParcels = UnusedParcels(directory: cache.directory, used: Set(labels.map(\.sha256)))
        endStage("fetch")
        var wwwroot: Wwwroot?
        if !bindle.assets.isEmpty {
            wwwroot = try Wwwroot(
                of: bindle.assets, of: id, cache: cache, at: "\(directory.path)/wwwroot",
                isWritable: configuration.allowsTransientWrite)
            endStage("wwwroot")
        }
        let definitions = bindle.handlers.map { handler in
            BindleApplication.definition(
                handler.label, path: cache.path(of: handler.label), hasAssets: handler.hasAssets)
        }
        try loadHandlers(definitions, wwwroot: wwwroot)
        if let wwwroot, configuration.servesStaticFiles {
            do {
                staticFiles = try StaticFiles(root: wwwroot.path)
            } catch {
                throw LoadError("the wwwroot cannot be opened: \(error)", file: wwwroot.path)
            }
        }
    }

    mutating func loadHandlers(_ definitions: [HandlerDefinition], wwwroot: Wwwroot? = nil) throws(LoadError) {
        var loader = ModuleLoader()
        let access: Preopen.Access = configuration.allowsTransientWrite ? .readWrite : .readOnly
        // One preopen for all handlers: the directory is opened once.
        let assets = wwwroot.map { Preopen(hostPath: $0.path, guestPath: "/", access: access) }
        let logDirectory = configuration.logDirectory ?? "\(directory.path)/log"
        for definition in definitions {
            let module = try loader.load(definition.module)
            let log = RouteLog(
                route: definition.route.description, directory: logDirectory, observer: configuration.logObserver)
            var preopens = definition.hasAssets ? [assets].compactMap { $0 } : []
            for volume in definition.volumes {
                preopens.append(Preopen(hostPath: volume.hostPath, guestPath: volume.guestPath, access: .readWrite))
            }
            for preopen in preopens {
                do {
                    try preopen.open()
                } catch {
                    throw LoadError("\(error)", file: definition.module.name)
                }
            }
            let outboundHTTP = module.sendsRequests ? try policy(of: definition, log) : nil
            func handler(_ route: Route, _ function: String) -> Handler {
                Handler(
                    route: route, module: module, moduleName: definition.module.name, function: function,
                    argumentTemplate: definition.argumentTemplate, preopens: preopens,
                    outboundHTTP: outboundHTTP, log: log)
            }
            for entry in try subroutes(of: module, definition.module, log, outboundHTTP).entries {
                handlers.append(handler(definition.route.appending(entry.path), entry.function))
            }
            handlers.append(handler(definition.route, definition.entrypoint ?? "_start"))
        }
        endStage("modules")
    }

    /// Where a handler may send requests.
    private func policy(of definition: HandlerDefinition, _ log: RouteLog) throws(LoadError) -> OutboundHTTPPolicy {
        do {
            return try OutboundHTTPPolicy(
                allowedHosts: definition.allowedHosts, maximumResponses: definition.maximumRequestConcurrency,
                timeout: configuration.limits.time, problemObserver: { log.append($0, requestID: nil) })
        } catch {
            throw LoadError("allowed_hosts: \(error)", file: definition.module.name)
        }
    }

    /// Runs `_routes`, if the module has it.
    private func subroutes(
        of module: LinkedModule, _ reference: ModuleReference, _ log: RouteLog, _ outboundHTTP: OutboundHTTPPolicy?
    ) throws(LoadError) -> SubrouteList {
        do {
            guard module.module.export(named: "_routes")?.kind == .function else { return try SubrouteList([]) }
            let output = OutputBuffer(limit: 1 << 20)
            let errorOutput = GuestErrorOutput(log, requestID: nil)
            let context = WASIContext(
                WASIConfiguration(
                    standardOutput: .output { try output.append($0) }, standardError: .output { errorOutput.write($0) })
            )
            let store = Store(
                limits: StoreLimits(memoryBytes: configuration.limits.memoryBytes),
                hostState: GuestState.state(context, outboundHTTP))
            let ticket = deadlines.schedule(store, limit: configuration.limits.time)
            defer {
                deadlines.cancel(ticket)
                errorOutput.flush()
            }
            do {
                try module.run("_routes", in: store)
            } catch GuestFailure.trap(let trap) {
                if case .interrupted = trap.kind { throw GuestFailure.timedOut(configuration.limits.time) }
                throw GuestFailure.trap(trap)
            }
            return try SubrouteList(output.bytes)
        } catch {
            throw LoadError("the routes of the module cannot be found out: \(error)", file: reference.name)
        }
    }
}

/// What a module writes, up to a limit.
private final class OutputBuffer: @unchecked Sendable {
    // Used on the guest's thread only, which its owner is.
    private(set) var bytes: [UInt8] = []
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    func append(_ more: UnsafeRawBufferPointer) throws {
        guard bytes.count + more.count <= limit else { throw TooMuchOutput(limit: limit) }
        bytes.append(contentsOf: more)
    }

    struct TooMuchOutput: Error, CustomStringConvertible {
        let limit: Int

        var description: String { "it printed more than \(limit) bytes" }
    }
}
