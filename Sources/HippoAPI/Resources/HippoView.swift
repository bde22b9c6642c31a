import Bindle
import ControlPage
import JSON

/// What a store has, as Hippo has it: an app is a bindle's name, a revision is a release, a channel is a channel.
struct HippoView {
    private let store: BindleStore
    private let record: HippoRecord?
    let channels: [Channel]
    /// Those that clients have made, in their order; then those that follow from releases and channels, by name.
    let apps: [HippoApp]

    init(_ store: BindleStore, record: HippoRecord?) throws(HippoFailure) {
        self.store = store
        self.record = record
        do throws(StoreError) {
            channels = try store.channels()
            let made = record?.apps ?? []
            var names = Set(try store.releases().map(\.id.name)).union(channels.map(\.app))
            names.subtract(made.map(\.storage))
            apps = made + names.sorted().map { HippoApp(name: $0, storage: $0) }
        } catch {
            throw HippoFailure(error)
        }
    }

    var certificates: [HippoCertificate] { record?.certificates ?? [] }

    func app(_ id: HippoID) throws(HippoFailure) -> HippoApp {
        guard let app = apps.first(where: { $0.id == id }) else { throw .notFound("There is no app of this ID.") }
        return app
    }

    func channel(_ id: HippoID) throws(HippoFailure) -> Channel {
        guard let channel = channels.first(where: { $0.hippoID == id }) else {
            throw .notFound("There is no channel of this ID.")
        }
        return channel
    }

    func release(_ id: HippoID) throws(HippoFailure) -> Release {
        let all: [Release]
        do throws(StoreError) { all = try store.releases() } catch { throw HippoFailure(error) }
        guard let release = all.first(where: { $0.hippoID == id }) else {
            throw .notFound("There is no revision of this ID.")
        }
        return release
    }

    /// The release that a channel serves.
    func release(of channel: Channel) throws(HippoFailure) -> Release? {
        do throws(StoreError) { return try store.release(of: channel) } catch { throw HippoFailure(error) }
    }

    // MARK: As clients see them

    func json(_ app: HippoApp) throws(HippoFailure) -> JSONValue {
        .object([
            "id": .string(app.id.description), "name": .string(app.name), "storageId": .string(app.storage),
            "description": .null, "channels": .array(try summaries(of: app)),
        ])
    }

    private func summaries(of app: HippoApp) throws(HippoFailure) -> [JSONValue] {
        var summaries: [JSONValue] = []
        for channel in channels where channel.app == app.storage {
            let number = try release(of: channel).map { JSONValue.string($0.id.version.description) }
            summaries.append(
                .object([
                    "id": .string(channel.hippoID.description), "name": .string(channel.name),
                    "activeRevisionNumber": number ?? .null,
                ]))
        }
        return summaries
    }

    func json(_ channel: Channel) throws(HippoFailure) -> JSONValue {
        let release = try release(of: channel)
        let (id, appID) = (channel.hippoID, HippoID(of: .app, channel.app))
        var object: JSONObject = [
            "id": .string(id.description), "appId": .string(appID.description), "name": .string(channel.name),
            "domain": .string(channel.servedHost), "activeRevision": release.map { json($0) } ?? .null,
            "lastPublishAt": release.map { .string(HippoAPI.text(seconds: $0.creationTime / 1000)) } ?? .null,
            "certificate": certificates.first { $0.channels.contains(id) }.map { json($0) } ?? .null,
            "environmentVariables": .array(channel.variables.map { channel.json($0) }),
        ]
        switch channel.selection {
        case .range(let range):
            object["revisionSelectionStrategy"] = "UseRangeRule"
            object["rangeRule"] = .string(range.text.isEmpty ? "*" : range.text)
        case .pin:
            object["revisionSelectionStrategy"] = "UseSpecifiedRevision"
            object["rangeRule"] = .null
        }
        if let app = apps.first(where: { $0.storage == channel.app }) {
            object["appSummary"] = .object([
                "id": .string(appID.description), "name": .string(app.name), "storageId": .string(app.storage),
                "channels": .array(try summaries(of: app)),
            ])
        }
        return .object(object)
    }

    /// A revision. Components are for those who write for Spin; a project of Hippo's has none.
    func json(_ release: Release) -> JSONValue {
        .object([
            "id": .string(release.hippoID.description),
            "appId": .string(HippoID(of: .app, release.id.name).description),
            "revisionNumber": .string(release.id.version.description), "components": [], "type": .null,
        ])
    }

    func json(_ certificate: HippoCertificate) -> JSONValue {
        let own = channels.filter { certificate.channels.contains($0.hippoID) }
        return .object([
            "id": .string(certificate.id.description), "name": .string(certificate.name),
            "publicKey": .string(certificate.publicKey), "privateKey": .string(certificate.privateKey),
            "channels": .array(
                own.map { .object(["id": .string($0.hippoID.description), "name": .string($0.name)]) }),
        ])
    }
}

extension Release {
    var hippoID: HippoID { HippoID(of: .revision, id.name, id.version.description) }
}

extension Channel {
    var hippoID: HippoID { HippoID(of: .channel, app, name) }

    func hippoID(_ variable: Variable) -> HippoID { HippoID(of: .variable, app, name, variable.name) }

    func json(_ variable: Variable) -> JSONValue {
        .object([
            "id": .string(hippoID(variable).description), "channelId": .string(hippoID.description),
            "key": .string(variable.name), "value": .string(variable.value),
        ])
    }
}
