import HTTP

/// What a request to the control address is for, if it is not for the Bindle server.
enum ControlEndpoint: Hashable {
    /// A file of the page, or the document that describes the API (OpenAPI 3.1): the same for everybody, without data.
    case file(PageFile)
    case app
    case routes
    case parcels
    /// What a component of the app imports and exports.
    case component
    case requests
    case log
    /// A stream of events (HTML standard, section 9.2).
    case events
    /// Below `/api/v1`, for one of the sections to answer: the path's components there, as they stand.
    case section([String])
    /// Where the page's files stand, and nothing is there.
    case nothing

    /// - Returns: `nil` for a path that belongs to the Bindle server.
    init?(path: String) {
        if let file = PageFile(path: path) {
            self = .file(file)
            return
        }
        switch path {
        case "/api/v1/app": self = .app
        case "/api/v1/app/routes": self = .routes
        case "/api/v1/app/parcels": self = .parcels
        case "/api/v1/app/component": self = .component
        case "/api/v1/requests": self = .requests
        case "/api/v1/log": self = .log
        case "/api/v1/events": self = .events
        default:
            if path == "/api/v1" || path.hasPrefix("/api/v1/") {
                let components = path.dropFirst("/api/v1/".count).split(
                    separator: "/", omittingEmptySubsequences: false)
                self = .section(components.map(String.init))
            } else if path.hasPrefix(PageFile.directory) {
                self = .nothing
            } else {
                return nil
            }
        }
    }

    /// Whether it is the page itself.
    var isPage: Bool { if case .file(let file) = self { file.isPage } else { false } }

    /// Whether it is the same for every project: only the rest asks for a token.
    var isPublic: Bool {
        switch self {
        case .file: true
        case .app, .routes, .parcels, .component, .requests, .log, .events, .section, .nothing: false
        }
    }
}
