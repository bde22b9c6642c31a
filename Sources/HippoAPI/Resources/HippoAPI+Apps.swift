import Bindle
import HTTP
import JSON

/// Apps, and the names of bindles that one can be made of.
extension HippoAPI {
    func apps(_ page: HippoPage) throws(HippoFailure) -> Response {
        let view = try view()
        return try page.of(view.apps, name: \.name) { (app) throws(HippoFailure) in try view.json(app) }
    }

    func app(_ id: HippoID) throws(HippoFailure) -> Response {
        let view = try view()
        return Response(hippo: try view.json(view.app(id)))
    }

    /// Makes an app of the bindles of a name. What has been pushed of it is taken for its revisions, as Hippo does: but not what
    /// the sandbox itself keeps up to date there, which is no version that somebody has published.
    func createApp(_ fields: HippoFields) throws(HippoFailure) -> Response {
        let (name, storage) = (try fields.required("name"), try fields.required("storageId"))
        try checkAppName(name)
        let pushed = try storing { () throws(StoreError) in try store.list() }.filter { $0.id.name == storage }
        let isReleased = try storing { () throws(StoreError) in try store.releaseCount(named: storage) } > 0
        guard !pushed.isEmpty || isReleased else {
            throw .invalid(
                field: "StorageId",
                message: "Storage ID not found in bindle server: push a bindle of the name '\(storage)' first")
        }
        let app = HippoApp(name: name, storage: storage)
        try change { (record) throws(HippoFailure) in
            guard !record.apps.contains(where: { $0.name == name }) else {
                throw .invalid(field: "Name", message: "there is an app '\(name)' already")
            }
            if let other = record.apps.first(where: { $0.storage == storage }) {
                throw .invalid(
                    field: "StorageId", message: "these bindles are the app '\(other.name)' already: one name, one app")
            }
            guard record.apps.count < HippoRecord.appLimit else {
                throw .conflict("There are \(HippoRecord.appLimit) apps already: remove one first.")
            }
            record.apps.append(app)
        }
        let own = Set(try storing { () throws(StoreError) in try store.revisions() }.map(\.revision.id))
        for bindle in pushed where !bindle.isYanked && !own.contains(bindle.id) {
            do throws(StoreError) { try store.makeRelease(of: .bindle(bindle.id)) } catch {
                switch error {
                // An upload that has not come to its end, or a release of before.
                case .parcelNotUploaded, .releaseExists, .yanked, .noSuchBindle: continue
                default: throw HippoFailure(error)
                }
            }
        }
        onReleaseChange(storage)
        return answer(app.id)
    }

    /// Gives an app another name. What it is made of stays.
    func renameApp(_ id: HippoID, _ fields: HippoFields) throws(HippoFailure) -> Response {
        try fields.check(id: id)
        let name = try fields.required("name")
        try checkAppName(name)
        let app = try view().app(id)
        try change { (record) throws(HippoFailure) in
            guard !record.apps.contains(where: { $0.name == name && $0.storage != app.storage }) else {
                throw .invalid(field: "Name", message: "there is an app '\(name)' already")
            }
            if let index = record.apps.firstIndex(where: { $0.storage == app.storage }) {
                record.apps[index].name = name
            } else {
                record.apps.append(HippoApp(name: name, storage: app.storage))
            }
        }
        return done
    }

    private func checkAppName(_ name: String) throws(HippoFailure) {
        guard HippoName.isValid(name, limit: 128) else {
            throw .invalid(
                field: "Name",
                message: "'\(name)' is no name for an app: it takes 1 to 128 letters, digits, '-' and '_'")
        }
    }

    /// Removes an app with its channels and its releases. The bindles stay.
    func removeApp(_ id: HippoID) throws(HippoFailure) -> Response {
        let view = try view()
        let app = try view.app(id)
        for channel in view.channels where channel.app == app.storage { try remove(channel) }
        try storing { () throws(StoreError) in
            for release in try store.releases(named: app.storage) { try store.removeRelease(release.id) }
        }
        try change { (record) throws(HippoFailure) in record.apps.removeAll { $0.storage == app.storage } }
        onReleaseChange(app.storage)
        return done
    }

    /// The names of the bindles.
    func storages(_ page: HippoPage) throws(HippoFailure) -> Response {
        let names = try storing { () throws(StoreError) in
            Set(try store.list().filter { !$0.isYanked }.map(\.id.name)).union(try store.releases().map(\.id.name))
        }
        return try page.of(Array(names), name: { $0 }) { (name) throws(HippoFailure) in .string(name) }
    }
}
