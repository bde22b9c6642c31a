package import Bindle
package import HTTP
import JSON

/// The revisions that are kept, and bringing one back.
package struct RevisionSection: ControlSection {
    private let store: BindleStore
    private let rollBack: BindleServer.RollBack

    /// - Parameter rollBack: Brings back a revision, and waits until it serves.
    package init(store: BindleStore, rollBack: @escaping BindleServer.RollBack) {
        self.store = store
        self.rollBack = rollBack
    }

    package func respond(to request: ControlRequest) throws(ControlFailure) -> Response? {
        switch request.path {
        case ["revisions"]:
            try request.allow(.get)
            _ = try request.parameters([])
            let revisions = try ControlFailure.translating { () throws(StoreError) in try store.revisions() }
            return Response(json: ["revisions": .array(revisions.reversed().map { .object($0.json) })])
        case ["app", "rollback"]:
            try request.allow(.post)
            _ = try request.parameters([])
            guard let number = try request.json(["revision"]).revision("revision") else {
                throw ControlFailure(.badRequest, "'revision' says which one is brought back")
            }
            // It serves a moment later.
            switch request.whileWaiting({ rollBack(number) }) {
            case .success(let revision): return Response(json: revision.json)
            case .failure(.store(let error)): throw ControlFailure(error)
            case .failure(.notServed(let message)): throw ControlFailure(.conflict, message)
            }
        default: return nil
        }
    }
}

extension Revision {
    fileprivate var json: JSONObject {
        var object: JSONObject = [
            "number": .integer(number), "bindle": .string(id.description), "time": .number(Double(time) / 1000),
            "served": .boolean(hasServed),
        ]
        object["restores"] = restores.map { .integer($0) }
        return object
    }
}

extension RevisionSummary {
    fileprivate var json: JSONObject {
        var object = revision.json
        object["parcels"] = .integer(parcelCount)
        object["size"] = .integer(size)
        return object
    }
}
