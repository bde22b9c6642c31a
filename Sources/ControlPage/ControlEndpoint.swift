import HTTP

/// What a request to the control address is for, if it is not for the Bindle server.
enum ControlEndpoint: Hashable {
    /// The page, which is the same for everybody and holds no data.
    case page
    case styleSheet
    case script
    /// The document that describes the API (OpenAPI 3.1).
    case description
    case app
    case routes
    case parcels
    case requests
    case log
    /// A stream of events (HTML standard, section 9.2).
    case events
    /// Below `/api/v1`, for one of the sections to answer: the path's components there, as they stand.
    case section([String])
    /// Below `/control/`, and nothing is there.
    case nothing

    /// - Returns: `nil` for a path that belongs to the Bindle server.
    init?(path: String) {
        switch path {
        case "/": self = .page
        case "/control/page.css": self = .styleSheet
        case "/control/page.js": self = .script
        case "/api/v1/openapi.json": self = .description
        case "/api/v1/app": self = .app
        case "/api/v1/app/routes": self = .routes
        case "/api/v1/app/parcels": self = .parcels
        case "/api/v1/requests": self = .requests
        case "/api/v1/log": self = .log
        case "/api/v1/events": self = .events
        default:
            if path == "/api/v1" || path.hasPrefix("/api/v1/") {
                let components = path.dropFirst("/api/v1/".count).split(
                    separator: "/", omittingEmptySubsequences: false)
                self = .section(components.map(String.init))
            } else if path.hasPrefix("/control/") {
                self = .nothing
            } else {
                return nil
            }
        }
    }

    /// Whether it is the same for every project: only the rest asks for a token.
    var isPublic: Bool {
        switch self {
        case .page, .styleSheet, .script, .description: true
        case .app, .routes, .parcels, .requests, .log, .events, .section, .nothing: false
        }
    }
}
