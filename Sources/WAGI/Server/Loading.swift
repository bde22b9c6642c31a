import Bindle
import Content
import HTTP
import OCI
import Platform
import SandboxProtocol
import WASI
import WASIExperimentalHTTP
import WASIHTTP
import WASIPreview2
import WebAssembly
import WebAssemblyRuntime

/// An application while it is loaded.
struct Loading {
    /// What a sandbox gives to a process that serves a revision.
    struct Revision {
        /// Of the bindle.
        let id: BindleID
        let handlers: [ServedHandler]
        /// Descriptors of the wwwroot's images, which are taken over.
        let images: (base: Int32, changes: Int32?)
        /// The file of the store that has the contents.
        let store: String
        /// The project's directory.
        let project: String?
    }

    var configuration: WAGIConfiguration
    /// Whether a sandbox has started this process: it has the lines that modules write to their standard error told to it,
    /// and keeps no files of its own.
    private let isWorker: Bool
    private(set) var directory: PrivateDirectory?
    private let deadlines = DeadlineTimer()
    private var loader = ModuleLoader()
    var handlers: [Handler] = []
    var staticFiles: StaticFiles?
    var timings: [StageTiming] = []
    var unusedParcels: UnusedParcels?
    /// What is odd about what is loaded, though it can be served: complete sentences, or with their place before them.
    var warnings: [String] = []
    private var wwwroot: Wwwroot?
    private var content: (any ContentSource)?
    private var stageStart = ContinuousClock.now
    /// The modules of images, as long as others may have the same.
    private var images: [ImageReference: [UInt8]] = [:]
    private let registries = RegistryClient(credentials: RegistryCredentials(environment: ProcessEnvironment.all))

    /// The files that clients may have.
    var assets: AssetNames { AssetNames(wwwroot: configuration.servesStaticFiles ? wwwroot : nil) }

    init(_ configuration: WAGIConfiguration, isWorker: Bool = false) {
        self.configuration = configuration
        self.isWorker = isWorker
    }

    private mutating func endStage(_ name: String) {
        timings.append(StageTiming(stage: name, milliseconds: (ContinuousClock.now - stageStart).milliseconds))
        stageStart = .now
    }

    /// A directory of the application's own, made when it is first asked for.
    private mutating func privateDirectory() throws(LoadError) -> String {
        if let directory { return directory.path }
        let made = try PrivateDirectory(in: configuration.cacheDirectory ?? FilePath.temporaryDirectory)
        directory = made
        return made.path
    }

    /// The directory of parcels of the cache that was named, or of the application's own.
    private mutating func parcelDirectory() throws(LoadError) -> ParcelDirectory {
        if let cache = configuration.cacheDirectory {
            try PrivateDirectory.make(cache)
            return ParcelDirectory(inCache: cache)
        }
        return ParcelDirectory(inCache: try privateDirectory())
    }

    // MARK: Bindles

    /// Fetches a bindle, and loads its handlers.
    mutating func loadBindle(_ id: BindleID, from source: some ParcelSource) throws(LoadError) {
        stageStart = .now
        let invoice: Invoice
        do {
            invoice = try source.invoice(of: id)
        } catch {
            throw LoadError("the bindle \(id) cannot be fetched: \(error)")
        }
        let bindle = try BindleApplication(invoice)
        let directory = try parcelDirectory()
        do { try directory.make() } catch {
            throw LoadError("the cache's directory cannot be made: \(error.detail)", file: error.path)
        }
        let labels = bindle.handlers.map(\.label) + bindle.assets
        try directory.fetch(labels, of: id, from: source)
        unusedParcels = UnusedParcels(directory: directory.path, used: Set(labels.map(\.sha256)))
        content = cache(directory, of: id, from: source)
        endStage("fetch")
        try loadHandlers(of: bindle, id)
    }

    /// Loads the handlers of a bindle whose contents are at hand.
    mutating func load(_ invoice: Invoice, _ source: any ContentSource) throws(LoadError) {
        stageStart = .now
        let bindle = try BindleApplication(invoice)
        content = source
        try loadHandlers(of: bindle, invoice.id)
    }

    /// Loads a bindle's handlers, whose contents `content` has.
    private mutating func loadHandlers(of bindle: BindleApplication, _ id: BindleID) throws(LoadError) {
        if !bindle.assets.isEmpty {
            wwwroot = try Self.wwwroot(of: bindle.assets, in: id)
            endStage("wwwroot")
        }
        let definitions = try bindle.handlers.map { handler throws(LoadError) in
            try BindleApplication.definition(handler.label, hasAssets: handler.hasAssets)
        }
        try loadHandlers(definitions)
        openStaticFiles()
    }

    private static func wwwroot(of assets: [Label], in id: BindleID) throws(LoadError) -> Wwwroot {
        // Nobody knows when a content came under its name. A time that is that of another bindle of the name would have
        // clients keep what has changed: so it is always a new one.
        let now = SystemTime().nanosecondsSince1970
        let files: [(path: RelativePath, file: ContentFile)]
        do { files = try Wwwroot.files(of: assets, in: id, time: { _ in now }) } catch {
            throw LoadError(error.description)
        }
        do { return try Wwwroot(files) } catch {
            throw LoadError(AssetError(error, in: id).description)
        }
    }

    // MARK: Revisions

    /// Does what does not depend on what is loaded next: the modules, unless one is wrong, are at hand, and what of the
    /// wwwroot stays the same is known.
    mutating func prepare(_ revision: Revision) throws(LoadError) {
        try take(revision)
        for handler in revision.handlers {
            // What is wrong with it is told when it is to be served.
            guard let definition = try? BindleApplication.definition(handler.label, hasAssets: handler.hasAssets) else {
                continue
            }
            _ = try? loader.load(
                definition.module, stubsImports: definition.stubsImports || configuration.stubsImports, from: content)
        }
    }

    /// Loads a revision.
    mutating func load(_ revision: Revision) throws(LoadError) {
        timings = []
        stageStart = .now
        try take(revision)
        guard !revision.handlers.isEmpty else { throw BindleApplication.hasNoHandler(revision.id) }
        let definitions = try revision.handlers.map { handler throws(LoadError) in
            try BindleApplication.definition(handler.label, hasAssets: handler.hasAssets)
        }
        try loadHandlers(definitions)
        openStaticFiles()
    }

    /// Loads what is served of a revision when another program runs its modules: the files.
    ///
    /// - Returns: the routes of the handlers. Those of a module that cannot be loaded here are not known beyond its own.
    mutating func loadFiles(_ revision: Revision) throws(LoadError) -> [Route] {
        try take(revision)
        openStaticFiles()
        // What the other program can run is for it to say.
        configuration.requiresEntrypoints = false
        var routes: [Route] = []
        for handler in revision.handlers {
            let definition = try BindleApplication.definition(handler.label, hasAssets: handler.hasAssets)
            handlers = []
            do throws(LoadError) {
                try loadHandlers([definition])
                routes += handlers.map(\.route)
            } catch {
                routes.append(definition.route)
            }
        }
        handlers = []
        return routes
    }

    private mutating func take(_ revision: Revision) throws(LoadError) {
        do {
            wwwroot = try Wwwroot(
                adoptingBase: revision.images.base, changes: revision.images.changes, known: wwwroot)
        } catch {
            throw LoadError("\(error)")
        }
        if content == nil { content = Self.content(of: revision) }
        endStage("wwwroot")
    }

    private static func content(of revision: Revision) -> any ContentSource {
        let store = StoreContent(path: revision.store)
        // So that it goes on being read should it be removed.
        store.prepare()
        return ProjectBackedContent(store, project: revision.project)
    }

    private func cache(_ directory: ParcelDirectory, of id: BindleID, from source: some ParcelSource) -> ParcelCache {
        ParcelCache(directory) { (file, name) throws(LoadError) in
            let label = Label(sha256: file.digest.hex, mediaType: file.mediaType, name: name, size: file.size)
            try directory.replace(label, of: id, from: source)
        }
    }

    // MARK: A directory of the host

    /// Has clients served the files of a directory, as they are now, where no handler takes a path.
    mutating func serveFiles(of directory: String) throws(LoadError) {
        stageStart = .now
        let found = try StaticDirectory(directory)
        warnings += found.warnings
        do { wwwroot = try Wwwroot(found.files) } catch { throw LoadError("\(error)", file: directory) }
        content = ProjectBackedContent(MemoryContent([]), project: FilePath.absolute(directory))
        openStaticFiles()
        endStage("wwwroot")
    }

    private mutating func openStaticFiles() {
        guard let wwwroot, let content, configuration.servesStaticFiles else { return }
        staticFiles = StaticFiles(wwwroot, content: content)
    }

    mutating func loadHandlers(_ definitions: [HandlerDefinition]) throws(LoadError) {
        let assets = preopenOfAssets()
        let data = try preopenOfData()
        // What a sandbox is told need not be in a file that goes with this process.
        var logDirectory = configuration.logDirectory
        if logDirectory == nil, !isWorker { logDirectory = try privateDirectory() + "/log" }
        for definition in definitions {
            let loaded = try load(definition)
            let log = RouteLog(
                route: definition.route.description, directory: logDirectory, limit: configuration.logFileLimit,
                observer: configuration.logObserver)
            var preopens = definition.hasAssets ? [assets].compactMap { $0 } : []
            if let data { preopens.append(data) }
            preopens += try volumes(of: definition)
            let sendsRequests = if case .module(let module) = loaded { module.sendsRequests } else { true }
            let outboundHTTP = sendsRequests ? try policy(of: definition, log) : nil
            let projectVariables = definition.isFromOtherBindle ? [] : configuration.projectEnvironment
            let variables = definition.environment + projectVariables + configuration.environment
            func handler(_ route: Route, _ program: Program) -> Handler {
                Handler(
                    route: route, program: program, images: InstanceImages(program), moduleName: definition.module.name,
                    argumentTemplate: definition.argumentTemplate, preopens: preopens,
                    outboundHTTP: outboundHTTP, sockets: outboundHTTP.map { SocketPolicy($0) } ?? .nothing, log: log,
                    environment: CGIEnvironment.Constants(route: route, userVariables: variables))
            }
            let first = handlers.count
            switch loaded {
            case .module(let module):
                for entry in try subroutes(of: module, definition.module, log, outboundHTTP).entries {
                    handlers.append(
                        handler(definition.route.appending(entry.path), .module(module, function: entry.function)))
                }
                handlers.append(
                    handler(definition.route, .module(module, function: definition.entrypoint ?? "_start")))
            case .component(let component, _):
                let program = ComponentProgram(
                    component, entrypoint: definition.entrypoint, reuse: definition.reuse)
                handlers.append(handler(definition.route, .component(program)))
            }
            for handler in handlers[first...] {
                if let note = handler.program.noteOnReuse(definition.reuse) {
                    warnings.append("\(handler.moduleName): \(note)")
                }
                guard let problem = handler.program.problem else { continue }
                // A module with sub-routes need not have an answer for its own route.
                let hasOthers = handlers.count - first > 1 && handler.route == definition.route
                guard configuration.requiresEntrypoints, !hasOthers else {
                    warnings.append(
                        "\(handler.moduleName): requests for \(handler.route) are answered with 500: \(problem)")
                    continue
                }
                throw LoadError(
                    "requests for \(handler.route) cannot be answered: \(problem)", file: handler.moduleName,
                    route: definition.route)
            }
        }
        endStage("modules")
    }

    /// What a handler runs, whose bytes are fetched first if they are in a bindle.
    private mutating func load(_ definition: HandlerDefinition) throws(LoadError) -> ModuleLoader.Loaded {
        let reference = definition.module
        let stubs = definition.stubsImports || configuration.stubsImports
        if case .image(let image) = reference.source { return try load(image, reference, stubs) }
        guard case .bindle(let id, let server) = reference.source else {
            return try loader.load(reference, stubsImports: stubs, from: content)
        }
        let client: BindleClient
        let invoice: Invoice
        do {
            client = try BindleClient(baseURL: server)
            invoice = try (client as any ParcelSource).invoice(of: id)
        } catch {
            throw LoadError("the bindle cannot be fetched from \(server): \(error)", file: reference.name)
        }
        guard let label = invoice.parcels.first(where: \.isModule)?.label,
            let file = ContentFile(label, modificationTime: 0)
        else {
            throw LoadError(
                "the bindle has no module: no parcel outside of groups is application/wasm", file: reference.name)
        }
        let directory = try parcelDirectory()
        do { try directory.make() } catch {
            throw LoadError("the cache's directory cannot be made: \(error.detail)", file: error.path)
        }
        try directory.fetch([label], of: id, from: client)
        return try loader.load(
            ModuleReference(file, name: reference.name), stubsImports: stubs,
            from: cache(directory, of: id, from: client))
    }

    /// A module of an image, which is fetched once however many routes it serves.
    private mutating func load(
        _ image: ImageReference, _ reference: ModuleReference, _ stubsImports: Bool
    ) throws(LoadError) -> ModuleLoader.Loaded {
        let bytes: [UInt8]
        do throws(RegistryError) {
            if let known = images[image] {
                bytes = known
            } else {
                bytes = try registries.module(image, limit: ModuleBinary.largestFile)
            }
        } catch {
            throw LoadError("the module cannot be fetched: \(error)", file: reference.name)
        }
        images[image] = bytes
        let file = ContentFile(
            digest: SHA256.hash(bytes), size: bytes.count, mediaType: "application/wasm", modificationTime: 0)
        return try loader.load(
            ModuleReference(file, name: reference.name), stubsImports: stubsImports, from: MemoryContent([bytes]))
    }

    /// The directories of the host that a module gets. One that is not there is left out, and warned of.
    private mutating func volumes(of definition: HandlerDefinition) throws(LoadError) -> [Preopen] {
        let staticDirectoryID = configuration.staticDirectory.flatMap { FileStatus(path: $0)?.id }
        var preopens: [Preopen] = []
        for volume in definition.volumes {
            // What clients are served is known by the digests that it had at the start.
            let isServed = staticDirectoryID != nil && FileStatus(path: volume.hostPath)?.id == staticDirectoryID
            let preopen = Preopen(
                hostPath: volume.hostPath, guestPath: volume.guestPath, access: isServed ? .readOnly : .readWrite)
            do throws(PreopenError) {
                try preopen.open()
                preopens.append(preopen)
            } catch {
                guard [ENOENT, ENOTDIR].contains(error.hostError) else {
                    throw LoadError("\(error)", file: definition.module.name)
                }
                warnings.append(
                    "\(volume.place): the directory '\(volume.hostPath)' is not there: \(definition.module.name) runs "
                        + "without the volume '\(volume.guestPath)'")
            }
        }
        return preopens
    }

    /// What handlers keep, as they have it; nil for nothing.
    private mutating func preopenOfData() throws(LoadError) -> Preopen? {
        guard let directory = configuration.dataDirectory else { return nil }
        let limit = configuration.dataLimit.map { Preopen.Limit(bytes: $0, remedy: "'--data-limit'") }
        let preopen = Preopen(hostPath: directory, guestPath: "/data", access: .readWrite, limit: limit)
        do throws(PreopenError) { try preopen.open() } catch { throw LoadError("[data]: \(error)") }
        if let path = RelativePath(validating: "data"), wwwroot?.node(at: path) != nil {
            warnings.append("the files of the bundle in data/ are hidden from handlers by the data directory, /data")
        }
        return preopen
    }

    /// The wwwroot as guests have it: one for all handlers, with one layer of changes if they may make any.
    private func preopenOfAssets() -> Preopen? {
        guard let wwwroot, let content else { return nil }
        guard configuration.allowsTransientWrite else {
            return Preopen(wwwroot: wwwroot, content: content, guestPath: "/")
        }
        let layer = TransientLayer(
            over: wwwroot, content: content, limits: .init(bytes: configuration.maximumTransientBytes))
        return Preopen(layer: layer, guestPath: "/")
    }

    /// Where a handler may send requests.
    private func policy(of definition: HandlerDefinition, _ log: RouteLog) throws(LoadError) -> OutboundHTTPPolicy {
        do {
            return try OutboundHTTPPolicy(
                allowedHosts: definition.allowedHosts + configuration.allowedHosts,
                maximumResponses: definition.maximumRequestConcurrency,
                forbiddenLocalPorts: Set([configuration.controlPort].compactMap { $0 }),
                // The module's own deadline comes before, and says what to do.
                timeout: configuration.limits.time + .seconds(1), tls: configuration.guestTLS,
                problemObserver: { log.append($0, requestID: nil) })
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

extension Parcel {
    /// Whether it is a module that stands for itself.
    fileprivate var isModule: Bool { isGlobal && label.mediaType == "application/wasm" }
}

extension ServedHandler {
    /// What a bindle says of the handler's parcel.
    fileprivate var label: Label {
        var label = Label(sha256: sha256, mediaType: "application/wasm", name: name, size: size)
        label.wagi = WAGIFeature(settings: feature)
        label.isFromOtherBindle = isFromOtherBindle
        return label
    }
}
