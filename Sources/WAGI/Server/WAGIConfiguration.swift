package import HTTP
package import SandboxProtocol
package import WebGuard

/// How modules are run, whatever they are.
package struct WAGIConfiguration: Sendable {
    /// Variables for all modules.
    package var environment: [(name: String, value: String)] = []
    /// Variables for modules that do not come from other bindles; weaker than those for all.
    package var projectEnvironment: [(name: String, value: String)] = []
    /// `HOST[:PORT]`, for requests that do not say which host they are for.
    package var defaultHost = "localhost:3000"
    /// Where the modules' standard error goes; nil for a temporary directory.
    package var logDirectory: String?
    /// Bytes of a log file; a full one becomes the older one, in place of the one before.
    package var logFileLimit = 10 << 20
    /// Where parcels are kept from one process to the next; nil for a temporary directory.
    package var cacheDirectory: String?
    package var limits = RequestLimits()
    /// Requests that may be with a module, or wait for one, at a time; further ones get 503.
    package var maximumWaiting = 1024
    /// URLs that all modules may send requests to, besides those of their own.
    package var allowedHosts: [String] = []
    /// Which servers are believed that modules send requests to by `https`.
    package var guestTLS = TLSPolicy()
    /// Whether paths that no handler takes are looked up among the assets.
    package var servesStaticFiles = true
    /// A directory of the host with the files that clients are served where no handler takes a path; nil for those of the
    /// bindle. Only for handlers whose modules are files, which may read it and not change it.
    package var staticDirectory: String?
    /// Whether guests may change the assets: in a layer over them that begins empty with each process.
    package var allowsTransientWrite = false
    /// Whether imports of components that are not provided trap when they are called, and not when the component is loaded.
    package var stubsImports = false
    /// Whether nothing is loaded if there is a handler that could answer no request; else that one answers with 500, and there
    /// is a warning.
    package var requiresEntrypoints = false
    /// How much that layer may hold, in bytes.
    package var maximumTransientBytes = 256 << 20
    /// Who is shown the stack, the output and the request when a module fails. Others are told what has gone wrong.
    package var errorAudience = ErrorAudience.nobody
    /// By which names the application may be addressed.
    package var webGuard = WebGuard(names: .all)
    /// The server that requests come through; nil for none.
    package var front: FrontServer?
    /// The port of the sandbox's own Bindle server, which no guest may reach; nil where there is none.
    package var controlPort: UInt16?
    /// What the sandbox's Bindle server asks for; nil if it asks for nothing.
    package var bindleToken: String?
    /// By which key that server is known, if it speaks TLS.
    package var bindleKeyPin: String?
    /// A directory of the host that all handlers have as `/data`, and may write to; nil for none.
    package var dataDirectory: String?
    /// How many bytes they may keep there; nil for as many as there is room for.
    package var dataLimit: Int?
    /// Which requests other servers answer that no handler takes.
    package var proxies: [ProxyRule] = []
    /// What this server calls itself in the `Via` of requests that it passes on: one that comes back is a loop.
    package var proxyName: String {
        "hippo-dev-" + String(defaultHost.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    }
    /// Another WAGI program that serves in place of this one; nil for none.
    package var program: ExternalProgram?
    /// The directory of the project, whose source pages show where a module fails; nil to show none.
    var sourceDirectory: String?
    /// How pages open files in the developer's editor.
    package var editor = EditorLink.usual
    /// Gives pages the means to reload themselves; nil to leave them as they are.
    var liveReload: LiveReload?
    /// Told of each line that is logged, from several threads. It must not block.
    package var logObserver: (@Sendable (LogLine) -> Void)?

    package init() {}
}
