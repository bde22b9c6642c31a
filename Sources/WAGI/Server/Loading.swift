import Bindle
import HTTP
import Platform
import SandboxProtocol
import WASI
import WASIExperimentalHTTP
import WebAssemblyRuntime

/// An application while it is loaded.
struct Loading {
    var configuration: WAGIConfiguration
    let directory: PrivateDirectory
    private let deadlines = DeadlineTimer()
    private var loader = ModuleLoader()
    var handlers: [Handler] = []
    var staticFiles: StaticFiles?
    var timings: [StageTiming] = []
    var unusedParcels: UnusedParcels?
    private var cache: ParcelDirectory?
    private var wwwroot: Wwwroot?
    private var stageStart = ContinuousClock.now

    /// The files that clients may have.
    var assets: AssetNames { AssetNames(root: configuration.servesStaticFiles ? wwwroot?.path : nil) }

    init(_ configuration: WAGIConfiguration) throws(LoadError) {
        self.configuration = configuration
        // Beside the cache, so that both are on one file system and assets can be links.
        directory = try PrivateDirectory(in: configuration.cacheDirectory ?? FilePath.temporaryDirectory)
    }

    private mutating func endStage(_ name: String) {
        timings.append(StageTiming(stage: name, milliseconds: (ContinuousClock.now - stageStart).milliseconds))
        stageStart = .now
    }

    /// Fetches a bindle, and loads its handlers.
    ///
    /// - Parameter path: where its files are laid out, in place of what is there; in the application's own directory if
    ///   it is `nil`.
    mutating func loadBindle(
        _ id: BindleID, from source: some ParcelSource, layingOutAt path: String? = nil
    ) throws(LoadError) {
        stageStart = .now
        let bindle = try layOut(id, from: source, at: path)
        let definitions = try bindle.handlers.map { handler throws(LoadError) in
            try BindleApplication.definition(
                handler.label, path: cache!.path(of: handler.label), hasAssets: handler.hasAssets)
        }
        try loadHandlers(definitions)
        try openStaticFiles()
    }

    /// Fetches a bindle, and lays out its files.
    private mutating func layOut(
        _ id: BindleID, from source: some ParcelSource, at path: String?
    ) throws(LoadError) -> BindleApplication {
        let invoice: Invoice
        do {
            invoice = try source.invoice(of: id)
        } catch {
            throw LoadError("the bindle \(id) cannot be fetched: \(error)")
        }
        let bindle = try BindleApplication(invoice)
        let cache = try parcelCache()
        let labels = bindle.handlers.map(\.label) + bindle.assets
        try cache.fetch(labels, of: id, from: source)
        unusedParcels = UnusedParcels(directory: cache.path, used: Set(labels.map(\.sha256)))
        endStage("fetch")
        if let path {
            // What a process left there that did not come to its end.
            try? Directories.removeTree(path)
        }
        // With a directory that later processes go on with, there may be files one day even if there are none now.
        if !bindle.assets.isEmpty || path != nil {
            wwwroot = try Wwwroot(
                of: bindle.assets, of: id, cache: cache, at: path ?? "\(directory.path)/wwwroot",
                isWritable: configuration.allowsTransientWrite)
            endStage("wwwroot")
        }
        return bindle
    }

    /// Does what a plan asks for, as far as it does not depend on what is loaded next: the files are laid out, and the
    /// modules, unless one is wrong, are at hand.
    mutating func prepare(_ plan: LayoutPlan, of id: BindleID, from source: some ParcelSource) throws(LoadError) {
        var labels = plan.handlers.map(\.label)
        if plan.isLaidOut {
            try apply(plan, of: id, from: source)
        } else {
            labels = try layOut(id, from: source, at: plan.directory).handlers.map(\.label)
        }
        let cache = try parcelCache()
        for label in labels {
            // What is wrong with it is told when it is to be served.
            _ = try? loader.load(ModuleReference(path: cache.path(of: label), name: label.name))
        }
    }

    /// Loads what a plan describes.
    mutating func load(_ plan: LayoutPlan, of id: BindleID, from source: some ParcelSource) throws(LoadError) {
        timings = []
        stageStart = .now
        guard plan.isLaidOut else { return try loadBindle(id, from: source, layingOutAt: plan.directory) }
        guard !plan.handlers.isEmpty else { throw BindleApplication.hasNoHandler(id) }
        try apply(plan, of: id, from: source)
        let cache = try parcelCache()
        let definitions = try plan.handlers.map { handler throws(LoadError) in
            try BindleApplication.definition(
                handler.label, path: cache.path(of: handler.label), hasAssets: handler.hasAssets)
        }
        try loadHandlers(definitions)
        try openStaticFiles()
    }

    /// Fetches what a plan has anew, and brings its directory up to date.
    private mutating func apply(
        _ plan: LayoutPlan, of id: BindleID, from source: some ParcelSource
    ) throws(LoadError) {
        let cache = try parcelCache()
        try cache.fetch(plan.handlers.map(\.label) + plan.changes.compactMap(\.label), of: id, from: source)
        endStage("fetch")
        let wwwroot = Wwwroot(existingAt: plan.directory)
        try wwwroot.apply(plan.changes, cache: cache)
        self.wwwroot = wwwroot
        endStage("wwwroot")
    }

    private mutating func parcelCache() throws(LoadError) -> ParcelDirectory {
        if let cache { return cache }
        let cache = ParcelDirectory(inCache: configuration.cacheDirectory ?? directory.path)
        do { try cache.make() } catch {
            throw LoadError("the cache's directory cannot be made: \(error.detail)", file: error.path)
        }
        self.cache = cache
        return cache
    }

    private mutating func openStaticFiles() throws(LoadError) {
        guard let wwwroot, configuration.servesStaticFiles else { return }
        do {
            staticFiles = try StaticFiles(root: wwwroot.path)
        } catch {
            throw LoadError("the wwwroot cannot be opened: \(error)", file: wwwroot.path)
        }
    }

    mutating func loadHandlers(_ definitions: [HandlerDefinition]) throws(LoadError) {
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
                // The module's own deadline comes before, and says what to do.
                timeout: configuration.limits.time + .seconds(1), problemObserver: { log.append($0, requestID: nil) })
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
                limits: configuration.limits.store,
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
///
/// Sendable because one thread uses it: the guest's, which is its owner's.
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

extension LayoutPlan.Handler {
    /// What a bindle says of the handler's parcel.
    fileprivate var label: Label {
        var label = Label(
            sha256: content.sha256, mediaType: "application/wasm", name: name, size: content.size)
        label.wagi = WAGIFeature(settings: feature)
        return label
    }
}

extension LayoutPlan.Change {
    fileprivate var label: Label? {
        content.map { Label(sha256: $0.sha256, mediaType: "application/octet-stream", name: name, size: $0.size) }
    }
}
