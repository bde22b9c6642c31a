package import Bindle
package import Content
import HTTP
import Platform
package import SandboxProtocol
import WASI
import WASIExperimentalHTTP
import WebAssemblyRuntime

/// Handlers that are loaded and ready to answer requests.
package final class Application: Sendable {
    let handlers: [Handler]
    let table: RouteTable
    /// The servers that answer what no handler takes.
    let proxies: ProxyTable
    let staticFiles: StaticFiles?
    let assets: AssetNames
    let configuration: WAGIConfiguration
    let deadlines = DeadlineTimer()
    /// How long the stages of loading took.
    package let timings: [StageTiming]
    /// What is odd about what was loaded, though it can be served.
    package let warnings: [String]
    /// The application's own directory, removed with it.
    private let directory: PrivateDirectory?
    private let unusedParcels: UnusedParcels?

    init(_ loading: Loading) {
        handlers = loading.handlers
        table = RouteTable(loading.handlers)
        staticFiles = loading.staticFiles
        assets = loading.assets
        timings = loading.timings
        warnings = loading.warnings
        directory = loading.directory
        unusedParcels = loading.unusedParcels
        configuration = loading.configuration
        proxies = ProxyTable(
            configuration.proxies, pseudonym: configuration.proxyName, forbiddenPort: configuration.controlPort)
    }

    /// Loads handlers whose modules are files.
    package convenience init(
        handlers definitions: [HandlerDefinition], configuration: WAGIConfiguration = WAGIConfiguration()
    ) throws(LoadError) {
        var loading = Loading(configuration)
        if configuration.servesStaticFiles, let directory = configuration.staticDirectory {
            try loading.serveFiles(of: directory)
        }
        try loading.loadHandlers(definitions)
        self.init(loading)
    }

    /// Fetches a bindle and loads its handlers.
    package convenience init(
        bindle id: BindleID, from source: some ParcelSource, configuration: WAGIConfiguration = WAGIConfiguration()
    ) throws(LoadError) {
        var loading = Loading(configuration)
        try loading.loadBindle(id, from: source)
        self.init(loading)
    }

    /// Loads the handlers of a bindle whose contents are at hand.
    package convenience init(
        invoice: Invoice, content: any ContentSource, configuration: WAGIConfiguration = WAGIConfiguration()
    ) throws(LoadError) {
        var loading = Loading(configuration)
        try loading.load(invoice, content)
        self.init(loading)
    }

    /// Removes the application's files. It can answer no more requests then, and need not be released: for processes
    /// that are about to end.
    package func removeFiles() {
        directory?.remove()
        for handler in handlers {
            for preopen in handler.preopens { preopen.close() }
        }
    }

    /// Removes parcels from the cache that this application does not need and that have not come lately: what edits
    /// have left behind.
    package func removeUnusedParcels() {
        unusedParcels?.remove()
    }

    /// The routes and the functions that serve them, in the order in which they are tried.
    package var routes: [(route: Route, module: String, function: String)] {
        handlers.map { ($0.route, $0.moduleName, $0.function) }
    }
}
