package import Bindle
package import HTTP
package import JSON

/// Releases: a list, making one, looking at one and removing it.
package struct ReleaseSection: ControlSection {
    private let store: BindleStore
    private let onChange: @Sendable (_ name: String) -> Void

    /// - Parameter onChange: Called with the name of releases of which one has been made, replaced or removed.
    package init(store: BindleStore, onChange: @escaping @Sendable (_ name: String) -> Void = { _ in }) {
        self.store = store
        self.onChange = onChange
    }

    package func respond(to request: ControlRequest) throws(ControlFailure) -> Response? {
        switch request.path {
        case ["releases"]:
            try request.allow(.get, .post)
            return request.request.method == .post ? try make(request) : try list(request)
        case ["release"]:
            try request.allow(.get, .delete)
            return request.request.method == .delete ? try remove(request) : try one(request)
        default: return nil
        }
    }

    private func list(_ request: ControlRequest) throws(ControlFailure) -> Response {
        let parameters = try request.parameters(["name", "text", "offset", "limit"])
        let (name, text) = (parameters.text("name"), parameters.text("text") ?? "")
        let offset = try parameters.count("offset", default: 0)
        let limit = try parameters.count("limit", default: 100, limit: 1000)
        let (total, releases) = try ControlFailure.translating { () throws(StoreError) in
            (
                try store.releaseCount(named: name, containing: text),
                try store.releases(named: name, containing: text, offset: offset, limit: limit)
            )
        }
        return Response(json: [
            "total": .integer(total), "releases": .array(releases.map { .object($0.json) }),
        ])
    }

    private func make(_ request: ControlRequest) throws(ControlFailure) -> Response {
        _ = try request.parameters([])
        let body = try request.json(["revision", "bindle", "release", "version", "replace"])
        var sources: [ContentReference] = []
        if let number = try body.revision("revision") { sources.append(.revision(number)) }
        if let id = try body.id("bindle") { sources.append(.bindle(id)) }
        if let id = try body.id("release") { sources.append(.release(id)) }
        guard let source = sources.first, sources.count == 1 else {
            throw ControlFailure(.badRequest, "one of 'revision', 'bindle' and 'release' says what is released")
        }
        let (version, isReplacing) = (try body.version("version"), try body.isSet("replace"))
        let (release, effect) = try ControlFailure.translating { () throws(StoreError) in
            try store.makeRelease(of: source, version: version, replacing: isReplacing)
        }
        if effect != .unchanged { onChange(release.id.name) }
        var object = release.json
        object["effect"] = .string(effect.word)
        return Response(json: object, status: effect == .created ? .created : .ok)
    }

    private func one(_ request: ControlRequest) throws(ControlFailure) -> Response {
        let id = try request.parameters(["id"]).id("id")
        return Response(json: try ControlFailure.translating { () throws(StoreError) in try store.release(id) }.json)
    }

    private func remove(_ request: ControlRequest) throws(ControlFailure) -> Response {
        let id = try request.parameters(["id"]).id("id")
        let release = try ControlFailure.translating { () throws(StoreError) in
            let release = try store.release(id)
            try store.removeRelease(id)
            return release
        }
        onChange(id.name)
        return Response(json: release.json)
    }
}

extension Release {
    /// The release as the API tells of it.
    package var json: JSONObject {
        var object: JSONObject = [
            "id": .string(id.description), "name": .string(id.name), "version": .string(id.version.description),
            "digest": .string(digest), "time": .number(Double(creationTime) / 1000),
            "parcels": .integer(parcelCount), "size": .integer(size),
        ]
        object["revision"] = revision.map { .integer($0) }
        return object
    }
}

extension CreationEffect {
    /// The word of the API for it.
    package var word: String {
        switch self {
        case .created: "created"
        case .replaced: "replaced"
        case .unchanged: "unchanged"
        }
    }
}
