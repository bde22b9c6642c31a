import Bindle
package import ControlPage
package import HTTP
import JSON
package import Platform

/// The part of the control page's API that makes, lists and revokes upload tokens: `/tokens` and `/token`.
package struct TokenSection: ControlSection {
    private let storage: HippoStorage
    private let time: any TimeSource
    private static let longestLifetime = 3650

    package init(_ storage: HippoStorage, time: any TimeSource = .system) {
        self.storage = storage
        self.time = time
    }

    package func respond(to request: ControlRequest) throws(ControlFailure) -> Response? {
        switch request.path {
        case ["tokens"]:
            try request.allow(.get, .post)
            _ = try request.parameters([])
            return request.request.method == .post ? try make(request) : try list()
        case ["token"]:
            try request.allow(.delete)
            let id = try request.parameters(["id"]).required("id")
            try changing { (record) throws(UploadTokenError) in try record.removeToken(id) }
            return Response(status: .noContent)
        default: return nil
        }
    }

    private func list() throws(ControlFailure) -> Response {
        let record: HippoRecord?
        do throws(PrivateFileError) { record = try storage.load() } catch {
            throw ControlFailure(.internalServerError, "\(error)")
        }
        return Response(json: ["tokens": .array((record?.tokens ?? []).map { .object($0.description(at: now)) })])
    }

    private func make(_ request: ControlRequest) throws(ControlFailure) -> Response {
        let body = try request.json(["label", "names", "channels", "days"])
        guard let label = body["label"]?.string else { throw ControlFailure(.badRequest, "'label' is a text") }
        let names = try texts(body, "names") ?? []
        let channels = try texts(body, "channels") ?? []
        var lifetime: Duration?
        if let days = body["days"], days != .null {
            guard let days = days.integer, (1...Self.longestLifetime).contains(days) else {
                throw ControlFailure(.badRequest, "'days' is a number from 1 to \(Self.longestLifetime)")
            }
            lifetime = .seconds(days * 86400)
        }
        let (token, secret) = try changing { (record) throws(UploadTokenError) in
            try record.addToken(label: label, names: names, channels: channels, lifetime: lifetime, now: now)
        }
        var object = token.description(at: now)
        object["token"] = .string(secret)
        return Response(json: object, status: .created)
    }

    private func texts(_ body: JSONObject, _ name: String) throws(ControlFailure) -> [String]? {
        guard let value = body[name] else { return nil }
        guard let items = value.array, items.count <= 100, items.allSatisfy({ $0.string != nil }) else {
            throw ControlFailure(.badRequest, "'\(name)' is a list of at most 100 texts")
        }
        return items.compactMap(\.string)
    }

    private func changing<Value>(
        _ change: (inout HippoRecord) throws(UploadTokenError) -> Value
    ) throws(ControlFailure) -> Value {
        let result: Result<Value, UploadTokenError>
        do throws(PrivateFileError) { result = try storage.update(change) } catch {
            throw ControlFailure(.internalServerError, "\(error)")
        }
        do throws(UploadTokenError) { return try result.get() } catch {
            let status: Status =
                switch error {
                case .unknown: .notFound
                case .tooMany: .conflict
                case .label, .names, .channel: .badRequest
                }
            throw ControlFailure(status, "\(error)")
        }
    }

    private var now: Int64 { time.nanosecondsSince1970 / 1_000_000_000 }
}

extension UploadToken {
    /// What may be shown of it.
    fileprivate func description(at now: Int64) -> JSONObject {
        [
            "id": .string(id.description), "label": .string(label), "names": .array(names.map { .string($0) }),
            "channels": .array(channels.map { .string($0) }), "created": .integer(Int(creation)),
            "expires": expiration.map { .integer(Int($0)) } ?? .null, "expired": .boolean(!holds(at: now)),
        ]
    }
}
