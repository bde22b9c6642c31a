import Bindle
import SandboxProtocol

/// What the loop does with revisions that were made before.
extension SandboxLoop {
    /// The revision that was brought back while the project was as it is now, if it is still to be served: that holds
    /// until a file changes, also when the sandbox is stopped and started in between.
    func pinnedRevision(for invoice: Invoice) -> Revision? {
        // Once something serves, the loop itself knows what has changed.
        guard revision == 0, launchedInvoice == nil else { return nil }
        let store = surroundings.store
        // A history that cannot be read is no reason not to serve the project.
        guard let last = try? store.lastRevision(), last.restores != nil, let made = try? store.lastMadeRevision(),
            made.id == invoice.id, let old = try? store.invoice(ofRevision: made.number), old == invoice
        else { return nil }
        return last
    }

    /// Serves a revision of before, until a file changes.
    func rollBack(_ request: RollbackRequest) {
        finishRollback(failure: "another rollback came in between")
        let restored: Revision
        do {
            restored = try surroundings.store.restore(revision: request.number)
        } catch {
            return request.finish(.failure(.store(error)))
        }
        emit(
            .log(
                .sandbox,
                text: """
                    Revision \(restored.number) brings back revision \(request.number). It serves until a file changes.
                    """))
        loadingCycle = Cycle()
        layOut(revision: restored.number)
        do {
            try supervisor.load(
                .init(
                    id: restored.id.description, bindleURL: surroundings.bindleURL(ofRevision: restored.number),
                    revision: restored.number))
            rollback = (restored, request)
            restoredRevision = restored.number
        } catch {
            request.finish(.failure(.notServed("the WAGI process could not be started: \(error)")))
        }
    }

    /// What is loaded next has the files of a revision of before.
    func layOut(revision number: Int) {
        isLayoutOfProject = false
        // Without the invoice, the process says what is wrong with it.
        guard let invoice = try? surroundings.store.invoice(ofRevision: number) else { return }
        supervisor.layouts?.replaceContent(with: invoice)
    }

    /// Tells who waits for a revision to be brought back that it is not what serves.
    func finishRollback(failure reason: String) {
        guard let (revision, request) = rollback else { return }
        rollback = nil
        let name = "revision \(revision.number), which brings back \(request.number),"
        request.finish(.failure(.notServed("\(name) does not serve: \(reason)")))
    }

    /// Takes note in the store that the revision serves: after it was announced, since this takes its time.
    func noteServed() {
        do {
            try surroundings.store.noteServed(revision: revision)
        } catch {
            emit(.log(.sandbox, text: "The history of revisions could not be kept: \(error)"))
        }
        guard let (restored, request) = rollback, restored.number == revision else { return }
        rollback = nil
        request.finish(.success(restored))
    }
}

extension SandboxLoop.Surroundings {
    /// Where the bindle of a revision is as it was in that, whatever comes after it.
    func bindleURL(ofRevision number: Int) -> String {
        let root = bindleURL.hasSuffix("/v1") ? String(bindleURL.dropLast(3)) : bindleURL
        return "\(root)/revisions/\(number)/v1"
    }
}
