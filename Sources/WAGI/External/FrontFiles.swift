import HTTP
import Bindle

/// The files of a bindle that are served in front of another WAGI program, which serves none: those at paths that no
/// handler takes, as where this program runs the modules.
struct FrontFiles: Sendable {
    private let routes: [Route]
    private let staticFiles: StaticFiles
    private let liveReload: LiveReload

    /// - Parameter routes: those of the handlers, sub-routes among them.
    init(_ staticFiles: StaticFiles, routes: [Route], liveReload: LiveReload) {
        self.staticFiles = staticFiles
        self.routes = routes
        self.liveReload = liveReload
    }

    /// The response to a request; `nil` if it is for the program to answer.
    func response(to original: Request) -> Response? {
        let path = original.path
        guard path != "/healthz", !routes.contains(where: { $0.matches(path) }) else { return nil }
        let insertion = liveReload.insertion(for: original)
        let request = insertion?.request ?? ScriptInsertion.withoutPageTags(original)
        guard let response = staticFiles.respond(to: request) else { return nil }
        return insertion?.apply(to: response) ?? response
    }
}
