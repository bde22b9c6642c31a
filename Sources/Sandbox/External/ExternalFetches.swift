import Bindle
import Hippofacts
import Platform
import Synchronization

/// What a project needs of other bindles: told at once where the store has it, fetched in the background where it does
/// not.
final class ExternalFetches: Sendable {
    /// Something that is fetched.
    enum Item: Hashable, Sendable {
        case invoice(BindleID)
        case parcels(BindleID, [Label])

        var id: BindleID {
            switch self {
            case .invoice(let id), .parcels(let id, _): id
            }
        }
    }

    /// The bindle is being fetched, or is about to be.
    struct Pending: Error {}

    private struct State {
        var upstream: ExternalBindles.Upstream?
        var wanted: [Item] = []
        var underWay: Item?
        /// What could not be fetched. It is tried again when something changes.
        var failures: [BindleID: ExternalBindleError] = [:]
        /// Bindles that come from projects beside this one.
        var local: Set<BindleID> = []
        /// Bindles whose invoices were compared with the upstream's, or are about to be.
        var compared: Set<BindleID> = []
        var hasToldOfAbsence = false
    }

    private let store: BindleStore
    private let onStart: @Sendable (BindleID, _ server: String) -> Void
    private let onEnd: @Sendable (Item, ExternalBindleError?) -> Void
    private let onNote: @Sendable (String) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - onStart: called when something is asked of the upstream.
    ///   - onEnd: called on another thread; what it is called with has to be given to `finish`.
    ///   - onNote: called with what the user should know.
    init(
        store: BindleStore, upstream: ExternalBindles.Upstream?,
        onStart: @escaping @Sendable (BindleID, _ server: String) -> Void,
        onEnd: @escaping @Sendable (Item, ExternalBindleError?) -> Void,
        onNote: @escaping @Sendable (String) -> Void
    ) {
        self.store = store
        self.onStart = onStart
        self.onEnd = onEnd
        self.onNote = onNote
        state = Mutex(State(upstream: upstream))
    }

    /// Whether something is being fetched.
    var isPending: Bool { state.withLock { $0.underWay != nil || !$0.wanted.isEmpty } }

    /// Asks another server from now on.
    func use(_ upstream: ExternalBindles.Upstream?) {
        state.withLock { state in
            state.upstream = upstream
            state.failures = [:]
            state.compared = []
        }
    }

    /// Takes note of a bindle that comes from a project beside this one, and from no server.
    func noteLocal(_ id: BindleID) {
        _ = state.withLock { $0.local.insert(id) }
    }

    /// The invoice of a bindle. One that the store has is compared with the upstream's once, in the background.
    /// - Throws: `Pending` if it has to be fetched, or why it cannot be found.
    func invoice(_ id: BindleID) throws -> Invoice {
        if let invoice = try ExternalBindles(store: store, upstream: nil).storedInvoice(id) {
            compare(id)
            return invoice
        }
        _ = state.withLock { $0.compared.insert(id) }
        try want(.invoice(id))
        throw Pending()
    }

    /// Compares a stored invoice with the upstream's, unless that was done since the start. What differs is taken over, and
    /// told as if it had been fetched; then the project is expanded with it.
    private func compare(_ id: BindleID) {
        let upstream = state.withLock { state -> ExternalBindles.Upstream? in
            guard let upstream = state.upstream, !state.local.contains(id), state.compared.insert(id).inserted else {
                return nil
            }
            return upstream
        }
        guard let upstream else { return }
        SystemThread.detach(name: "external invoice") { [self] in
            do throws(ExternalBindleError) {
                guard try ExternalBindles(store: store, upstream: upstream).refresh(id) else { return }
                onEnd(.invoice(id), nil)
            } catch {
                tell(error, of: id)
            }
        }
    }

    /// Says, once, that what the store has may be old. That the upstream lacks it says nothing against it.
    private func tell(_ error: ExternalBindleError, of id: BindleID) {
        if case .notFound = error { return }
        let isNew = state.withLock { state in
            defer { state.hasToldOfAbsence = true }
            return !state.hasToldOfAbsence
        }
        if isNew { onNote("The store's \(id) is used as it is, since it cannot be compared: \(error.reason)") }
    }

    /// Sees to it that the store has these parcels.
    /// - Throws: `Pending` if some have to be fetched, or why they cannot be found.
    func require(_ parcels: [Expansion.ExternalParcel]) throws {
        guard !parcels.isEmpty else { return }
        let externals = ExternalBindles(store: store, upstream: nil)
        let missing = Set(try externals.missing(parcels.map(\.label)).map(\.sha256))
        var labels: [BindleID: [Label]] = [:]
        for parcel in parcels where missing.contains(parcel.label.sha256) {
            labels[parcel.bindle, default: []].append(parcel.label)
        }
        guard !labels.isEmpty else { return }
        for (id, labels) in labels.sorted(by: { $0.key < $1.key }) { try want(.parcels(id, labels)) }
        throw Pending()
    }

    private func want(_ item: Item) throws(ExternalBindleError) {
        let failure = state.withLock { state -> ExternalBindleError? in
            if let failure = state.failures[item.id] { return failure }
            guard state.upstream != nil else { return .noUpstream(item.id) }
            if item != state.underWay && !state.wanted.contains(item) { state.wanted.append(item) }
            return nil
        }
        if let failure { throw failure }
        startNext()
    }

    /// Takes note of what has come to its end.
    func finish(_ item: Item, _ failure: ExternalBindleError?) {
        state.withLock { state in
            if state.underWay == item { state.underWay = nil }
            state.failures[item.id] = failure
        }
        startNext()
    }

    /// What failed may succeed now.
    func forgetFailures() {
        state.withLock { $0.failures = [:] }
    }

    private func startNext() {
        let next = state.withLock { state -> (Item, ExternalBindles.Upstream)? in
            guard state.underWay == nil, !state.wanted.isEmpty, let upstream = state.upstream else { return nil }
            let item = state.wanted.removeFirst()
            state.underWay = item
            return (item, upstream)
        }
        guard let (item, upstream) = next else { return }
        onStart(item.id, "\(upstream.client.baseURL)")
        let externals = ExternalBindles(store: store, upstream: upstream)
        let onEnd = onEnd
        SystemThread.detach(name: "external bindles") {
            do throws(ExternalBindleError) {
                switch item {
                case .invoice(let id): _ = try externals.fetchInvoice(id)
                case .parcels(let id, let labels): try externals.fetchParcels(labels, of: id)
                }
                onEnd(item, nil)
            } catch {
                onEnd(item, error)
            }
        }
    }
}
