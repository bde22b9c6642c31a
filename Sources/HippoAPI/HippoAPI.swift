package import Bindle
package import ControlPage
import Cryptography
import Dispatch
package import HTTP
import JSON
package import Platform
package import WebGuard

/// Hippo's API, over what a store has: apps, revisions and channels are views of its bindles, releases and channels.
///
/// It stands beside a Bindle server and the control page. See <doc:HippoAPI>.
package final class HippoAPI: Sendable {
    /// Whether whoever reaches the server may make an account.
    package enum Registration: Sendable {
        case open, closed
    }

    let store: BindleStore
    let storage: HippoStorage
    let control: any ChannelControl
    let log: @Sendable (ChannelKey) -> [String]
    let onReleaseChange: @Sendable (_ name: String) -> Void
    private let registration: Registration
    private let webGuard: WebGuard
    private let time: any TimeSource
    private let attempts: AttemptLimit
    /// Passwords are hashed one at a time: it takes a processor, and the wrong attempts before one are counted then.
    private let hashing = DispatchSemaphore(value: 1)

    /// - Parameters:
    ///   - storage: Where accounts are kept.
    ///   - registration: Open for a listener that only this machine reaches.
    ///   - channels: Who keeps the channels, and runs what they serve.
    ///   - log: The last lines that the handlers of a channel have logged, oldest first.
    ///   - onReleaseChange: Called with the name of releases of which some have been made or removed.
    package init(
        store: BindleStore, storage: HippoStorage, registration: Registration, webGuard: WebGuard,
        channels: any ChannelControl, log: @escaping @Sendable (ChannelKey) -> [String],
        onReleaseChange: @escaping @Sendable (_ name: String) -> Void = { _ in },
        time: any TimeSource = .system
    ) {
        self.store = store
        self.storage = storage
        control = channels
        self.log = log
        self.onReleaseChange = onReleaseChange
        self.registration = registration
        self.webGuard = webGuard
        self.time = time
        attempts = AttemptLimit(time: time)
    }

    /// Answers a request for a path of Hippo's; `nil` for any other path.
    package func respond(to request: Request, _ body: RequestBody) -> Response? {
        guard let route = HippoRoute(path: request.path) else { return nil }
        if let refusal = webGuard.developerRefusal(of: request) { return refusal.response }
        do throws(HippoFailure) {
            if !route.isOpen { try checkToken(of: request) }
            guard route != .nothing, !route.methods.isEmpty else {
                throw .notFound("There is nothing at \(request.path).")
            }
            guard route.methods.contains(request.method) else { throw .methodNotAllowed(route.methods) }
            return try answer(route, request, body)
        } catch {
            return error.response
        }
    }

    private func answer(
        _ route: HippoRoute, _ request: Request, _ body: RequestBody
    ) throws(HippoFailure) -> Response {
        func fields() throws(HippoFailure) -> HippoFields { try HippoFields(request, body) }
        switch (route, request.method) {
        case (.accounts, _): return try register(fields())
        case (.tokens, _): return try logIn(fields(), from: request.remoteAddress?.host ?? "")
        case (.list(let resource), .post): return try create(resource, fields())
        case (.list(let resource), _): return try list(resource, HippoPage(request))
        case (.item(let resource, let id), .put): return try put(resource, id, fields())
        case (.item(let resource, let id), .patch): return try patch(resource, id, fields())
        case (.item(let resource, let id), .delete): return try remove(resource, id)
        case (.item(let resource, let id), _): return try item(resource, id)
        case (.logs(let id), _): return try log(ofChannel: id)
        case (.desiredStatus(let id), _): return try setStatus(ofChannel: id, fields())
        case (.nothing, _): throw .notFound("There is nothing at \(request.path).")
        }
    }

    private func list(_ resource: HippoRoute.Resource, _ page: HippoPage) throws(HippoFailure) -> Response {
        switch resource {
        case .apps: try apps(page)
        case .channels: try channels(page)
        case .channelStatuses: try channelStatuses(page)
        case .revisions: try revisions(page)
        case .certificates: try certificates(page)
        case .storages: try storages(page)
        case .variables: try variables(page)
        }
    }

    private func create(_ resource: HippoRoute.Resource, _ fields: HippoFields) throws(HippoFailure) -> Response {
        switch resource {
        case .apps: return try createApp(fields)
        case .channels: return try createChannel(fields)
        case .revisions: return try createRevision(fields)
        case .certificates: return try createCertificate(fields)
        case .variables: return try createVariable(fields)
        case .channelStatuses, .storages: throw .methodNotAllowed([.get])
        }
    }

    private func item(_ resource: HippoRoute.Resource, _ id: HippoID) throws(HippoFailure) -> Response {
        switch resource {
        case .apps: return try app(id)
        case .channels: return try channel(id)
        case .variables: return try variable(id)
        default: throw .notFound("There is nothing of this ID.")
        }
    }

    private func put(
        _ resource: HippoRoute.Resource, _ id: HippoID, _ fields: HippoFields
    ) throws(HippoFailure) -> Response {
        switch resource {
        case .apps: return try renameApp(id, fields)
        case .channels: return try replaceChannel(id, fields)
        case .certificates: return try replaceCertificate(id, fields)
        case .variables: return try replaceVariable(id, fields)
        default: throw .notFound("There is nothing of this ID.")
        }
    }

    private func patch(
        _ resource: HippoRoute.Resource, _ id: HippoID, _ fields: HippoFields
    ) throws(HippoFailure) -> Response {
        guard resource == .channels else { throw .notFound("There is nothing of this ID.") }
        return try changeChannel(id, fields)
    }

    private func remove(_ resource: HippoRoute.Resource, _ id: HippoID) throws(HippoFailure) -> Response {
        switch resource {
        case .apps: return try removeApp(id)
        case .channels: return try removeChannel(id)
        case .revisions: return try removeRevision(id)
        case .certificates: return try removeCertificate(id)
        case .variables: return try removeVariable(id)
        default: throw .notFound("There is nothing of this ID.")
        }
    }

    // MARK: Accounts

    private var now: Int64 { time.nanosecondsSince1970 / 1_000_000_000 }

    private func checkToken(of request: Request) throws(HippoFailure) {
        guard let field = request.headers["Authorization"], field.lowercased().hasPrefix("bearer "),
            let record = try record(),
            let token = WebToken(field.dropFirst("bearer ".count).drop { $0 == " " }, key: record.key, now: now),
            record.accounts.contains(where: { $0.id == token.subject })
        else { throw .unauthorized }
    }

    private func register(_ fields: HippoFields) throws(HippoFailure) -> Response {
        guard registration == .open else {
            throw .forbidden(
                "Registration is closed where others can reach the server: 'hippo-dev account add NAME' makes an account."
            )
        }
        let (name, password) = (try fields.required("userName"), try fields.required("password"))
        if let confirmed = try fields.text("passwordConfirm"), confirmed != password {
            throw .invalid(field: "PasswordConfirm", message: "the two passwords are different")
        }
        let result = hashing { () -> Result<HippoID, HippoFailure> in
            Result { () throws(HippoFailure) in
                try change { (record) throws(HippoFailure) in
                    do throws(HippoAccountError) { try record.addAccount(name: name, password: password) } catch {
                        throw .invalid(field: error == .password ? "Password" : "UserName", message: "\(error)")
                    }
                    return record.account(named: name)?.id ?? .random()
                }
            }
        }
        return Response(hippo: .string(try result.get().description))
    }

    private func logIn(_ fields: HippoFields, from client: String) throws(HippoFailure) -> Response {
        let (name, password) = (try fields.required("userName"), try fields.required("password"))
        let record = try record()
        let account = record?.account(named: name)
        let result = hashing { () -> Result<Void, HippoFailure> in
            if let wait = attempts.wait(of: client) { return .failure(.tooManyAttempts(wait)) }
            // A name that nobody has takes as long as one that somebody has.
            let hash = account?.password ?? record?.accounts.first?.password ?? Self.nobody
            guard hash.matches(password), account != nil else {
                attempts.noteFailure(of: client)
                return .failure(.loginFailed)
            }
            attempts.noteSuccess(of: client)
            return .success(())
        }
        try result.get()
        guard let account, let key = record?.key else { throw .loginFailed }
        let token = WebToken(subject: account.id, expiration: now + WebToken.lifetime)
        return Response(
            hippo: .object([
                "token": .string(token.text(signedWith: key)),
                "expiration": .string(Self.text(seconds: token.expiration)),
            ]))
    }

    /// The hash for nobody.
    private static let nobody = Bcrypt(hashing: "nobody's", cost: Bcrypt.usualCost)

    private func hashing<Success>(_ work: () -> Success) -> Success {
        hashing.wait()
        defer { hashing.signal() }
        return work()
    }

    // MARK: What all resources need

    func record() throws(HippoFailure) -> HippoRecord? {
        do throws(PrivateFileError) { return try storage.load() } catch { throw HippoFailure(error) }
    }

    /// Changes what is kept.
    func change<Result>(
        _ change: (inout HippoRecord) throws(HippoFailure) -> Result
    ) throws(HippoFailure) -> Result {
        let result: Swift.Result<Result, HippoFailure>
        do throws(PrivateFileError) { result = try storage.update(change) } catch { throw HippoFailure(error) }
        return try result.get()
    }

    func storing<Result>(_ work: () throws(StoreError) -> Result) throws(HippoFailure) -> Result {
        do throws(StoreError) { return try work() } catch { throw HippoFailure(error) }
    }

    /// Everything as it is now.
    func view() throws(HippoFailure) -> HippoView { try HippoView(store, record: record()) }

    /// An ID that a client is to keep.
    func answer(_ id: HippoID) -> Response { Response(hippo: .string(id.description)) }

    /// Something is done, and there is nothing to say of it.
    var done: Response { Response(status: .noContent, headers: ["Cache-Control": "no-store"]) }

    /// A time as ISO 8601 has it, in UTC.
    static func text(seconds: Int64) -> String {
        let time = CivilTime(utcAt: seconds)
        return "\(time.date)T\(time.time)Z"
    }
}
