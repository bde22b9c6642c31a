import HTTP
import TOML

/// What a sandbox's server tells of its revisions, besides Bindle's protocol.
///
/// | request | answer |
/// | --- | --- |
/// | `GET /revisions` | `revision`, a list |
/// | `GET /revisions/A/changes/B` | `removed` and `added`, lists of parcels, and `different` |
/// | `POST /revisions/N/restore` | the revision that brings back `N`, once it serves |
/// | `GET /revisions/N/v1/_i/…` | invoice and parcels as they were in `N` |
extension BindleServer {
    func sendRevisions(_ encoding: DocumentEncoding, _ writer: ResponseWriter) throws(Failure) {
        _ = try control()
        let revisions = try Failure.translating { () throws(StoreError) in try store.revisions() }
        try send(.ok, RevisionSummary.document(of: revisions), as: encoding, to: writer)
    }

    func sendChanges(
        from first: Int, to second: Int, _ encoding: DocumentEncoding, _ writer: ResponseWriter
    ) throws(Failure) {
        _ = try control()
        let comparison = try Failure.translating { () throws(StoreError) in
            try store.changes(from: first, to: second)
        }
        try send(.ok, comparison.table, as: encoding, to: writer)
    }

    func restore(
        revision number: Int, _ request: Request, _ encoding: DocumentEncoding, _ writer: ResponseWriter
    ) throws(Failure) {
        let rollBack = try control()
        // A page of another site can have a browser send a plain POST, but not one of this type.
        guard request.headers["Content-Type"].flatMap({ DocumentEncoding(mediaType: $0) }) == .json else {
            throw Failure(.unsupportedMediaType, "the Content-Type has to be application/json")
        }
        // It serves a moment later.
        switch writer.whileWaiting({ rollBack(number) }) {
        case .success(let revision): try send(.ok, revision.table, as: encoding, to: writer)
        case .failure(.store(let error)): throw Failure(error)
        case .failure(.notServed(let message)): throw Failure(.conflict, message)
        }
    }

    private func control() throws(Failure) -> RollBack {
        guard let rollBack else {
            throw Failure(.notFound, "this server is not part of a sandbox: it has no revisions")
        }
        return rollBack
    }
}

/// Why a revision was not brought back.
package enum RollbackError: Error, Hashable, CustomStringConvertible {
    case store(StoreError)
    /// It is the content of the bindle again, but is not what serves.
    case notServed(String)

    package var description: String {
        switch self {
        case .store(let error): error.description
        case .notServed(let message): message
        }
    }
}
