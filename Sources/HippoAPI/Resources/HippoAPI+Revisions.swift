import Bindle
import HTTP

/// Revisions, which are releases.
extension HippoAPI {
    func revisions(_ page: HippoPage) throws(HippoFailure) -> Response {
        let view = try view()
        let (items, total) = try storing { () throws(StoreError) in
            (
                try store.releases(offset: page.offset, limit: page.size).map { view.json($0) },
                try store.releaseCount()
            )
        }
        return page.answer(items, total: total)
    }

    /// Makes a release of a bindle that is in the store. What is one already stays as it is.
    func createRevision(_ fields: HippoFields) throws(HippoFailure) -> Response {
        let (storage, number) = (try fields.required("appStorageId"), try fields.required("revisionNumber"))
        guard let version = SemanticVersion(number) else {
            throw .invalid(
                field: "RevisionNumber", message: "'\(number)' is no semantic version, such as 1.2.3")
        }
        guard let id = try? BindleID(name: storage, version: version) else {
            throw .invalid(field: "AppStorageId", message: "'\(storage)' cannot be the name of a bindle")
        }
        do throws(StoreError) { try store.makeRelease(of: .bindle(id)) } catch {
            switch error {
            // It has been deleted since.
            case .noSuchBindle, .yanked:
                guard (try? store.release(id)) != nil else { throw HippoFailure(error) }
            default: throw HippoFailure(error)
            }
        }
        onReleaseChange(storage)
        return Response(status: .created, headers: ["Cache-Control": "no-store"])
    }

    func removeRevision(_ id: HippoID) throws(HippoFailure) -> Response {
        let release = try view().release(id)
        try storing { () throws(StoreError) in try store.removeRelease(release.id) }
        onReleaseChange(release.id.name)
        return done
    }
}
