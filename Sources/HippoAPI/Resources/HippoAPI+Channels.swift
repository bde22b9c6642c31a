import Bindle
import ControlPage
import HTTP
import JSON

/// Channels: what of an app is served where.
extension HippoAPI {
    func channels(_ page: HippoPage) throws(HippoFailure) -> Response {
        let view = try view()
        return try page.of(view.channels, name: \.name) { (channel) throws(HippoFailure) in try view.json(channel) }
    }

    func channel(_ id: HippoID) throws(HippoFailure) -> Response {
        let view = try view()
        return Response(hippo: try view.json(view.channel(id)))
    }

    func createChannel(_ fields: HippoFields) throws(HippoFailure) -> Response {
        let view = try view()
        let app = try view.app(fields.requiredID("appId"))
        let name = try fields.required("name")
        guard HippoName.isValid(name, limit: 64) else {
            throw .invalid(
                field: "Name",
                message: "'\(name)' is no name for a channel: it takes 1 to 64 letters, digits, '-' and '_'")
        }
        guard !view.channels.contains(where: { $0.app == app.storage && $0.name == name }) else {
            throw .invalid(field: "Name", message: "the app '\(app.name)' has a channel '\(name)' already")
        }
        let before = Channel(app: app.storage, name: name, selection: .range(.everything))
        var channel = before
        channel.selection = try selection(fields, of: app.storage, view)
        channel.host = try host(fields, for: channel, view)
        try put(channel, inPlaceOf: before)
        try assignCertificate(fields, to: channel)
        return answer(channel.hippoID)
    }

    /// Puts another channel in the place of one, with its variables.
    func replaceChannel(_ id: HippoID, _ fields: HippoFields) throws(HippoFailure) -> Response {
        try fields.check(id: id)
        let view = try view()
        let before = try view.channel(id)
        var channel = before
        try checkName(fields, of: channel)
        channel.selection = try selection(fields, of: channel.app, view)
        channel.host = try host(fields, for: channel, view)
        try put(channel, inPlaceOf: before)
        try assignCertificate(fields, to: channel)
        return done
    }

    /// Changes what the body speaks of.
    func changeChannel(_ id: HippoID, _ fields: HippoFields) throws(HippoFailure) -> Response {
        let view = try view()
        let before = try view.channel(id)
        var channel = before
        try checkName(fields, of: channel)
        if fields.has("revisionSelectionStrategy") || fields.has("rangeRule") || fields.has("activeRevisionId") {
            channel.selection = try selection(fields, of: channel.app, view, before: channel.selection)
        }
        if fields.has("domain") { channel.host = try host(fields, for: channel, view) }
        if let variables = fields["environmentVariables"] { channel.variables = try Self.variables(variables) }
        try put(channel, inPlaceOf: before)
        if fields.has("certificateId") { try assignCertificate(fields, to: channel) }
        return done
    }

    func removeChannel(_ id: HippoID) throws(HippoFailure) -> Response {
        try remove(view().channel(id))
        return done
    }

    /// Has a channel become another one, and serve what that one is to serve.
    func put(_ channel: Channel, inPlaceOf before: Channel) throws(HippoFailure) {
        var change = ChannelChange()
        change.selection = channel.selection
        if channel.host != before.host { change.host = channel.host.map { .named($0) } ?? .usual }
        if channel.variables != before.variables {
            // All of them, in their order.
            change.variables =
                before.variables.map { ($0.name, nil) } + channel.variables.map { ($0.name, $0.value) }
        }
        do { _ = try control.change(ChannelKey(channel), change) } catch let problem as ChannelProblem {
            switch problem.kind {
            case .clash: throw .conflict(problem.description)
            case .invalid: throw .invalid(field: "Channel", message: problem.description)
            }
        } catch let error as StoreError {
            throw HippoFailure(error)
        } catch {
            throw .failed("\(error)")
        }
    }

    func remove(_ channel: Channel) throws(HippoFailure) {
        _ = try storing { () throws(StoreError) in try control.remove(ChannelKey(channel)) }
        guard try record()?.certificates.contains(where: { $0.channels.contains(channel.hippoID) }) ?? false else {
            return
        }
        try change { (record) throws(HippoFailure) in record.assign(nil, to: channel.hippoID) }
    }

    // MARK: What a body says

    /// The ID of a channel follows from its name, and clients keep IDs.
    private func checkName(_ fields: HippoFields, of channel: Channel) throws(HippoFailure) {
        if let name = try fields.text("name"), name != channel.name {
            throw .invalid(field: "Name", message: "a channel keeps its name: make one of the name '\(name)' beside it")
        }
    }

    /// Which release is meant.
    /// - Parameter before: What holds for what the body leaves out.
    private func selection(
        _ fields: HippoFields, of app: String, _ view: HippoView, before: Channel.Selection? = nil
    ) throws(HippoFailure) -> Channel.Selection {
        let revision = try fields.id("activeRevisionId")
        guard try Self.isPin(fields, before: before) else {
            guard revision == nil else {
                throw .invalid(
                    field: "ActiveRevisionId", message: "the rule says which revision is active: leave this one out")
            }
            return try Self.range(fields, before: before)
        }
        guard let revision else {
            if let before, case .pin = before { return before }
            throw .invalid(field: "ActiveRevisionId", message: "'activeRevisionId' is missing")
        }
        let release = try view.release(revision)
        guard release.id.name == app else {
            throw .invalid(field: "ActiveRevisionId", message: "\(release.id) is a revision of another app")
        }
        return .pin(release.id.version)
    }

    /// Whether a body means one revision, and no rule. Clients send the strategy's name, its number, or that as a text.
    private static func isPin(
        _ fields: HippoFields, before: Channel.Selection?
    ) throws(HippoFailure) -> Bool {
        guard let strategy = fields["revisionSelectionStrategy"] else {
            switch before {
            case nil: return false
            case .range?: return fields["activeRevisionId"] != nil
            case .pin?: return fields["rangeRule"] == nil
            }
        }
        switch strategy.string?.lowercased() ?? strategy.integer.map(String.init) ?? "" {
        case "userangerule", "0": return false
        case "usespecifiedrevision", "1": return true
        default:
            throw .invalid(
                field: "RevisionSelectionStrategy", message: "this is UseRangeRule or UseSpecifiedRevision")
        }
    }

    private static func range(
        _ fields: HippoFields, before: Channel.Selection?
    ) throws(HippoFailure) -> Channel.Selection {
        guard let rule = try fields.text("rangeRule") else {
            if let before, case .range = before, !fields.has("rangeRule") { return before }
            return .range(.everything)
        }
        guard !rule.hasPrefix("P:") else {
            throw .invalid(
                field: "RangeRule", message: "'\(rule)': rules for somebody's development versions are not known here")
        }
        do { return .range(try VersionRange(rule)) } catch {
            throw .invalid(field: "RangeRule", message: "\(error)")
        }
    }

    /// The host that is meant; `nil` for the usual one.
    private func host(
        _ fields: HippoFields, for channel: Channel, _ view: HippoView
    ) throws(HippoFailure) -> String? {
        guard let domain = try fields.text("domain"), !domain.isEmpty else { return nil }
        guard Self.isDomain(domain) else {
            throw .invalid(
                field: "Domain", message: "'\(domain)' is no name of a host in lower case, without a port")
        }
        if let other = view.channels.first(where: { $0.servedHost == domain && $0.hippoID != channel.hippoID }) {
            throw .invalid(field: "Domain", message: "the channel '\(other.name)' of \(other.app) is at '\(domain)'")
        }
        return domain == ChannelHost.usual(ChannelKey(channel)) ? nil : domain
    }

    private static func isDomain(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= 253, labels.count > 1, let last = labels.last else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D }
        } && last.utf8.count > 1 && last.utf8.allSatisfy { (0x61...0x7A).contains($0) }
    }

    private func assignCertificate(_ fields: HippoFields, to channel: Channel) throws(HippoFailure) {
        let id = try fields.id("certificateId")
        let known = try record()?.certificates ?? []
        if let id, !known.contains(where: { $0.id == id }) {
            throw .invalid(field: "CertificateId", message: "there is no certificate of this ID")
        }
        guard id != nil || known.contains(where: { $0.channels.contains(channel.hippoID) }) else { return }
        try change { (record) throws(HippoFailure) in record.assign(id, to: channel.hippoID) }
    }

    // MARK: What runs

    func channelStatuses(_ page: HippoPage) throws(HippoFailure) -> Response {
        let id = try page.id("channelId")
        let channels = try storing { () throws(StoreError) in try control.channels() }
            .filter { id == nil || $0.channel.hippoID == id }
        return try page.of(channels, name: \.channel.name) { (status) throws(HippoFailure) in
            .object([
                "channelId": .string(status.channel.hippoID.description), "status": .string(status.hippoStatus),
            ])
        }
    }

    /// A channel starts with the first request to it, and whoever asks for it starts it again. So there is nothing to be done for
    /// one that is to run, and nothing that could be for one that is not to.
    func setStatus(ofChannel id: HippoID, _ fields: HippoFields) throws(HippoFailure) -> Response {
        try fields.check(id: id, as: "channelId")
        let channel = try view().channel(id)
        switch try fields.required("desiredStatus").lowercased() {
        case "running": break
        case "dead":
            throw .conflict(
                "The channel '\(channel.name)' runs whenever somebody asks for it: remove it, if nobody is to.")
        default: throw .invalid(field: "DesiredStatus", message: "this is Running or Dead")
        }
        return done
    }

    func log(ofChannel id: HippoID) throws(HippoFailure) -> Response {
        let channel = try view().channel(id)
        return Response(hippo: .object(["logs": .array(log(ChannelKey(channel)).map { .string($0) })]))
    }
}

extension ChannelStatus {
    /// How the channel is, as Nomad calls it for Hippo.
    fileprivate var hippoStatus: String {
        switch condition {
        case .serving?, .failed(_, serving: .some)?: "Running"
        case .starting?: "Pending"
        case .failed(_, serving: nil)?: "Dead"
        // The first request starts it.
        case .idle?, nil: release == nil ? "Dead" : "Pending"
        }
    }
}

extension HippoRecord {
    /// Says which certificate a channel has.
    mutating func assign(_ certificate: HippoID?, to channel: HippoID) {
        for index in certificates.indices {
            certificates[index].channels.removeAll { $0 == channel }
            if certificates[index].id == certificate { certificates[index].channels.append(channel) }
        }
    }
}
