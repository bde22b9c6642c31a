import JSON
import SandboxProtocol

/// What the app is like now: what serves, what is being done, and what is wrong.
struct AppState: Sendable {
    /// In a word, for programs.
    enum Phase: String {
        /// Nothing has been served yet.
        case starting
        case building
        case serving
        /// The newest save does not serve. What served before does.
        case failed
    }

    /// The bundle that serves, and how it came to that.
    struct Served: Sendable {
        let id: String
        var timings: [StageTiming] = []
        /// Whether the last rebuild has made the same bundle again.
        var isUnchanged = false
    }

    let url: String
    let version: String
    var status: ProjectStatus?
    var served: Served?

    var phase: Phase {
        guard let status else { return .starting }
        if status.isBuilding { return .building }
        if status.problem != nil { return .failed }
        return status.revision > 0 ? .serving : .starting
    }

    var json: JSONObject {
        var object: JSONObject = [
            "url": .string(url), "version": .string(version), "state": .string(phase.rawValue),
            "revision": .integer(status?.revision ?? 0),
        ]
        if let served {
            object["bindle"] = .string(served.id)
            object["unchanged"] = .boolean(served.isUnchanged)
            object["timings"] = .array(
                served.timings.map {
                    .object(["stage": .string($0.stage), "milliseconds": .number($0.milliseconds)])
                })
        }
        // As the app's own pages get it.
        object["problem"] = status?.json["problem"]
        return object
    }
}
