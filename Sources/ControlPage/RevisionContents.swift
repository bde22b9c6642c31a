import Bindle
import JSON

/// What a revision has in it, and what of it is not as it was in the revision before.
struct RevisionContents: Sendable {
    enum Change: String {
        case same, changed, added
    }

    enum Kind: String {
        /// A module that answers at a route.
        case handler
        /// A file of the wwwroot.
        case file
        case other
    }

    struct Entry: Sendable {
        let label: Label
        let change: Change
        /// Whether it is a component that answers at a route.
        var isComponent = false

        var kind: Kind {
            if label.isWAGIFile { return .file }
            return label.wagi?.route == nil ? .other : .handler
        }

        var json: JSONObject {
            [
                "name": .string(label.name), "sha256": .string(label.sha256), "mediaType": .string(label.mediaType),
                "size": .integer(label.size), "kind": .string(kind.rawValue), "change": .string(change.rawValue),
            ]
        }
    }

    private let id: BindleID
    let revision: Int
    /// The revision before; `nil` if it is not kept.
    let predecessor: Int?
    let entries: [Entry]
    /// The names of parcels that the revision before had.
    let removed: [String]

    /// - Throws: if the store does not have the revision any more.
    init(of id: BindleID, revision: Int, in store: any BindleStorage) throws(StoreError) {
        self.id = id
        self.revision = revision
        let invoice = try Self.invoice(id, revision: revision, in: store)
        predecessor = try store.revisions().map(\.revision.number).filter { $0 < revision }.max()
        guard let predecessor else {
            entries = Self.finding(invoice.parcels.map { Entry(label: $0.label, change: .same) }, id, revision, store)
            removed = []
            return
        }
        let changes = try store.changes(from: predecessor, to: revision)
        let gone = Set(changes.removed.map { NameBytes($0.label.name) })
        let new = Set(changes.added.map(\.label))
        let newNames = Set(changes.added.map { NameBytes($0.label.name) })
        let compared = invoice.parcels.map { parcel in
            guard new.contains(parcel.label) else { return Entry(label: parcel.label, change: .same) }
            return Entry(label: parcel.label, change: gone.contains(NameBytes(parcel.label.name)) ? .changed : .added)
        }
        entries = Self.finding(compared, id, revision, store)
        removed = changes.removed.map(\.label.name).filter { !newNames.contains(NameBytes($0)) }
    }

    /// The same, with the components among the handlers found.
    private static func finding(
        _ entries: [Entry], _ id: BindleID, _ revision: Int, _ store: any BindleStorage
    ) -> [Entry] {
        entries.map { entry in
            guard entry.kind == .handler else { return entry }
            var entry = entry
            entry.isComponent = ComponentDescription.isComponent(entry.label, of: id, revision: revision, in: store)
            return entry
        }
    }

    /// What is in the component of a name.
    func component(_ name: String, in store: any BindleStorage) throws(ControlFailure) -> ComponentDescription {
        guard let entry = entries.first(where: { $0.label.name == name && $0.kind == .handler }) else {
            throw ControlFailure(.notFound, "no handler of the app is called '\(name)'")
        }
        return try ComponentDescription(entry.label, of: id, revision: revision, in: store)
    }

    private static func invoice(
        _ id: BindleID, revision: Int, in store: any BindleStorage
    ) throws(StoreError) -> Invoice {
        guard let stored = try store.storedInvoice(id, revision: revision, unless: { _ in false }).invoice,
            let invoice = try? Invoice(stored.text, as: .toml, validating: false)
        else { throw .noSuchRevision(revision) }
        return invoice
    }

    /// The routes that are answered, in the order of the bundle.
    var routes: JSONObject {
        let routes = entries.compactMap { entry -> JSONValue? in
            guard let feature = entry.label.wagi, let text = feature.route, !feature.isFile else { return nil }
            var object: JSONObject = [
                "route": .string(text), "path": .string(Route(text).scriptName), "module": .string(entry.label.name),
            ]
            if entry.isComponent { object["component"] = .boolean(true) }
            object["entrypoint"] = feature.entrypoint.map { .string($0) }
            return .object(object)
        }
        return ["revision": .integer(revision), "routes": .array(routes)]
    }

    /// A page of the list of parcels.
    ///
    /// - Parameter text: a part of the name, in any case; `nil` for all.
    func parcels(offset: Int, limit: Int, containing text: String?) -> JSONObject {
        var matching = entries
        if let text = text?.lowercased() {
            matching = entries.filter { $0.label.name.lowercased().contains(text) }
        }
        var object: JSONObject = [
            "revision": .integer(revision), "total": .integer(matching.count),
            "parcels": .array(matching.dropFirst(offset).prefix(limit).map { .object($0.json) }),
            "removed": .array(removed.prefix(limit).map { .string($0) }),
        ]
        object["comparedWith"] = predecessor.map { .integer($0) }
        return object
    }
}
