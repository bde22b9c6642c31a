import HTTP

/// What a request to Hippo's API is for.
///
/// Hippo has had two families of paths: of 0.19 and later, `/api/apps`, and of the versions before, `/api/app`. They are the
/// same resources, and are answered alike. Letters are of any case.
enum HippoRoute: Hashable {
    case accounts
    case tokens
    case list(Resource)
    case item(Resource, HippoID)
    case logs(channel: HippoID)
    case desiredStatus(channel: HippoID)
    /// Below `/api`, and nothing is there.
    case nothing

    enum Resource {
        case apps, channels, channelStatuses, revisions, certificates, storages, variables

        init?(_ name: Substring) {
            switch name {
            case "apps", "app": self = .apps
            case "channels", "channel": self = .channels
            case "channel-statuses", "jobstatus": self = .channelStatuses
            case "revisions", "revision": self = .revisions
            case "certificates", "certificate": self = .certificates
            case "storages", "storage": self = .storages
            // Hippo has had it up to 0.17 only.
            case "environmentvariable", "environment-variables": self = .variables
            default: return nil
            }
        }
    }

    /// - Returns: `nil` for a path that is not Hippo's. Those below `/api/v1` are the control page's.
    init?(path: String) {
        let path = path.lowercased()
        guard path == "/api" || path.hasPrefix("/api/"), path != "/api/v1", !path.hasPrefix("/api/v1/") else {
            return nil
        }
        self = Self.route(path.dropFirst("/api/".count).split(separator: "/")) ?? .nothing
    }

    /// What the components of a path below `/api` lead to, in lower case.
    private static func route(_ parts: [Substring]) -> HippoRoute? {
        guard let first = parts.first else { return nil }
        let isAccount = first == "accounts" || first == "account"
        switch parts.count {
        case 1 where isAccount: return .accounts
        case 1 where first == "auth-tokens": return .tokens
        case 1: return Resource(first).map { .list($0) }
        case 2 where isAccount: return parts[1] == "createtoken" ? .tokens : nil
        case 2:
            guard let resource = Resource(first), let id = HippoID(parts[1]) else { return nil }
            return .item(resource, id)
        case 3 where Resource(first) == .channels:
            // 0.19 and later have the ID before the word, and the versions before, after it.
            if parts[1] == "logs" { return HippoID(parts[2]).map { .logs(channel: $0) } }
            guard let id = HippoID(parts[1]) else { return nil }
            switch parts[2] {
            case "logs": return .logs(channel: id)
            case "desired-status": return .desiredStatus(channel: id)
            default: return nil
            }
        default: return nil
        }
    }

    /// Whether it is for those who have no token yet.
    var isOpen: Bool { self == .accounts || self == .tokens }

    var methods: [HTTP.Method] {
        switch self {
        case .accounts, .tokens: [.post]
        case .list(.channelStatuses), .list(.storages): [.get, .head]
        case .list: [.get, .head, .post]
        case .item(.apps, _), .item(.variables, _): [.get, .head, .put, .delete]
        case .item(.certificates, _): [.put, .delete]
        case .item(.channels, _): [.get, .head, .put, .patch, .delete]
        case .item(.revisions, _): [.delete]
        case .item(.channelStatuses, _), .item(.storages, _), .nothing: []
        case .logs: [.get, .head]
        case .desiredStatus: [.put]
        }
    }
}
