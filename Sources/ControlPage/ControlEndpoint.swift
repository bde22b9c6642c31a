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
    /// Below `/control/` or `/api/v1`, and nothing is there.
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
            guard path.hasPrefix("/control/") || path == "/api/v1" || path.hasPrefix("/api/v1/") else { return nil }
            self = .nothing
        }
    }

    /// Whether it is the same for every project: only the rest asks for a token.
    var isPublic: Bool {
        switch self {
        case .page, .styleSheet, .script, .description: true
        case .app, .routes, .parcels, .requests, .log, .events, .nothing: false
        }
    }
}
