package import Bindle
package import HTTP
import JSON

/// Who keeps the channels of a sandbox and runs their processes.
package protocol ChannelControl: Sendable {
    /// All channels, by app and name.
    func channels() throws(StoreError) -> [ChannelStatus]
    /// Makes a channel, or changes one. It serves that when this returns, or is told why not.
    ///
    /// - Returns: the channel, and whether it is new.
    func change(_ key: ChannelKey, _ change: ChannelChange) throws -> (status: ChannelStatus, isNew: Bool)
    /// Removes a channel.
    ///
    /// - Returns: the channel as it was.
    func remove(_ key: ChannelKey) throws(StoreError) -> ChannelStatus
    /// What handlers have in their environments; `nil` where none runs.
    func environment() throws(StoreError) -> EnvironmentReport?
}

/// The part of the API that is about channels: `/channels`, `/channel`, `/environment`.
package struct ChannelSection: ControlSection {
    private let control: any ChannelControl

    package init(_ control: any ChannelControl) {
        self.control = control
    }

    package func respond(to request: ControlRequest) throws(ControlFailure) -> Response? {
        switch request.path {
        case ["channels"]:
            try request.allow(.get)
            _ = try request.parameters([])
            let channels = try Self.asking { try control.channels() }
            return Response(json: ["channels": .array(channels.map { .object($0.json) })])
        case ["channel"]: return try respond(toChannel: request)
        case ["environment"]:
            try request.allow(.get)
            _ = try request.parameters([])
            guard let report = try Self.asking({ try control.environment() }) else { return nil }
            return Response(json: report.json)
        default: return nil
        }
    }

    private func respond(toChannel request: ControlRequest) throws(ControlFailure) -> Response {
        try request.allow(.put, .delete)
        let parameters = try request.parameters(["app", "name"])
        let key = ChannelKey(app: try parameters.required("app"), name: try parameters.required("name"))
        if request.request.method == .delete {
            let removed = try Self.asking { try control.remove(key) }
            return Response(json: ["channel": .object(removed.json)])
        }
        let object = try request.json(ChannelChange.members)
        let (status, isNew) = try Self.asking { try control.change(key, try ChannelChange(json: object)) }
        return Response(json: ["channel": .object(status.json)], status: isNew ? .created : .ok)
    }

    private static func asking<Answer>(_ body: () throws -> Answer) throws(ControlFailure) -> Answer {
        do { return try body() } catch let problem as ChannelProblem {
            throw ControlFailure(problem.kind == .clash ? .conflict : .badRequest, problem.description)
        } catch let error as StoreError {
            throw ControlFailure(error)
        } catch {
            throw ControlFailure(.internalServerError, "\(error)")
        }
    }
}
