import Foundation
import HTTP
import JSON
import Synchronization

/// A Nomad that answers as the real one (2.0.5) was seen to, as far as a submission asks it: registering with an index,
/// blocking queries, errors as `text/plain`, and that what it does not know it ignores.
final class NomadStandIn: Sendable {
    /// What becomes of a registration.
    enum Fate: Sendable {
        /// All instances become healthy, canaries first where there is a version before.
        case healthy
        /// The first instance answers its check with 500; the version before is registered again.
        case unhealthy
        /// No node takes it, and the deployment goes on for ever.
        case unplaceable
        /// The deployment goes on for ever.
        case undecided
        /// Another registration comes while this one is under way.
        case overtaken
    }

    struct State {
        var fate = Fate.healthy
        var token: String?
        /// The versions of each job that were registered, oldest first.
        var versions: [JSONObject] = []
        var index = 10
        var modifyIndex = 0
        /// What becomes of going back; `nil` if that goes on for ever.
        var revert: String? = "successful"
        /// How often what came of going back was asked for.
        var revertQuestions = 0
        /// How often the deployment was asked for since the last registration.
        var questions = 0
        var requests: [String] = []
    }

    /// What the server's threads share.
    private final class Story: Sendable {
        let state: Mutex<State>

        init(_ state: State) { self.state = Mutex(state) }
    }

    private let story: Story
    private let server: Server
    private let scheme: String

    var address: String { "\(scheme)://\(server.address)" }

    /// - Parameter tls: As whom it speaks TLS; `nil` for plain HTTP.
    init(_ fate: Fate = .healthy, token: String? = nil, tls: TLSIdentity? = nil) throws {
        let story = Story(State(fate: fate, token: token))
        self.story = story
        var configuration = ServerConfiguration()
        configuration.tls = tls
        scheme = tls == nil ? "http" : "https"
        server = Server(
            socket: try ListeningSocket(binding: .loopback(port: 0)), configuration: configuration
        ) { request, body, writer in
            let text = String(decoding: try body.readAll(limit: 1 << 20), as: UTF8.self)
            try writer.respond(story.state.withLock { try Self.answer(request, text, &$0) })
        }
        try server.start()
    }

    deinit { server.stop() }

    func withState<Result>(_ body: (inout State) -> Result) -> Result { story.state.withLock { body(&$0) } }

    // MARK: Answers

    private static func error(_ status: Int, _ message: String) -> Response {
        Response(status: Status(status), text: message, contentType: "text/plain; charset=utf-8")
    }

    private static func answer(_ value: JSONValue, index: Int) -> Response {
        Response(
            headers: ["Content-Type": "application/json", "X-Nomad-Index": String(index)],
            body: .bytes(Array(value.serialized.utf8)))
    }

    private static func answer(_ request: Request, _ text: String, _ state: inout State) throws -> Response {
        state.requests.append("\(request.method) \(request.target)")
        if let token = state.token, request.headers["X-Nomad-Token"] != token {
            return Self.error(403, "Permission denied")
        }
        let parts = request.path.split(separator: "/").map(String.init)
        let given = text.isEmpty ? nil : try JSONValue(parsing: Array(text.utf8)).object
        switch (request.method, parts.dropFirst().first, parts.last) {
        case (.post, "job", "plan"): return Self.plan(given?["Job"]?.object ?? [:], &state)
        case (.post, "jobs", "jobs"): return Self.register(given ?? [:], &state)
        case (.get, "evaluation", _): return Self.evaluation(&state)
        case (.get, "deployment", "d2"): return Self.revertDeployment(&state)
        case (.get, "deployment", _): return Self.deployment(&state)
        case (.get, "job", "deployment"):
            // The version before is registered anew a moment after the deployment has failed.
            state.revertQuestions += 1
            return state.revertQuestions > 1 ? Self.revertDeployment(&state) : Self.deployment(&state)
        case (.get, "job", "allocations"): return Self.answer(.array([.object(Self.allocation)]), index: state.index)
        case (.get, "client", "checks"):
            return Self.answer(
                .object([
                    "abc": .object([
                        "Check": "answers", "Status": "failure", "StatusCode": .integer(500),
                        "Output": "trap: unreachable\nin _start",
                    ])
                ]), index: state.index)
        case (.get, "client", _):
            guard request.queryValues("task") == ["wagi"], request.queryValues("type") == ["stderr"] else {
                return Self.error(400, "must provide task and type")
            }
            return Response(text: "the module ended\n")
        case (.get, "service", _):
            return Self.answer(
                .array([
                    .object(["Address": "127.0.0.1", "Port": .integer(24465), "Tags": ["live"]])
                ]), index: state.index)
        default: return Self.error(404, "not found")
        }
    }

    private static let allocation: JSONObject = [
        "ID": "0f3c", "Name": "app.web[0]", "JobVersion": .integer(1), "NodeName": "node1", "ClientStatus": "failed",
        "DeploymentStatus": .object(["Healthy": .boolean(false), "Canary": .boolean(true)]),
        "TaskStates": .object([
            "wagi": .object([
                "State": "dead", "Failed": .boolean(true),
                "Events": .array([
                    .object(["Type": "Started", "DisplayMessage": "Task started by client"]),
                    .object(["Type": "Alloc Unhealthy", "DisplayMessage": "Task not running by deadline"]),
                ]),
            ])
        ]),
    ]

    private static func plan(_ job: JSONObject, _ state: inout State) -> Response {
        var difference: JSONObject = ["Type": "None", "ID": job["ID"] ?? .null, "Fields": .null, "Objects": .null]
        let newest = state.versions.last
        if newest != job {
            difference["Type"] = newest == nil ? "Added" : "Edited"
            let count = job["TaskGroups"]?.array?.first?.object?["Count"]?.integer ?? 0
            let old = newest?["TaskGroups"]?.array?.first?.object?["Count"]?.integer
            difference["TaskGroups"] = .array([
                .object([
                    "Type": difference["Type"] ?? .null, "Name": "web", "Objects": .null,
                    "Updates": .object(["canary": .integer(1), "ignore": .integer(2)]),
                    "Fields": .array([
                        .object([
                            "Type": old == nil ? "Added" : "Edited", "Name": "Count",
                            "Old": .string(old.map(String.init) ?? ""),
                            "New": .string(String(count)), "Annotations": ["forces create"],
                        ]),
                        .object(["Type": "None", "Name": "Same", "Old": "1", "New": "1"]),
                    ]),
                    "Tasks": .array([
                        .object([
                            "Type": "Edited", "Name": "wagi", "Fields": .null,
                            "Objects": .array([
                                .object([
                                    "Type": "Edited", "Name": "Check",
                                    "Fields": .array([
                                        .object([
                                            "Type": "Edited", "Name": "Interval", "Old": "5000000000",
                                            "New": "10000000000",
                                        ])
                                    ]), "Objects": .null,
                                ])
                            ]),
                        ])
                    ]),
                ])
            ])
        }
        let failures: JSONValue = state.fate == .unplaceable ? .object(Self.obstacle) : .null
        return answer(
            .object([
                "JobModifyIndex": .integer(state.modifyIndex), "Warnings": "", "FailedTGAllocs": failures,
                "Diff": .object(difference),
            ]), index: state.index)
    }

    private static let obstacle: JSONObject = [
        "web": .object([
            "NodesEvaluated": .integer(1), "NodesFiltered": .integer(1),
            "ConstraintFiltered": .object(["missing drivers": .integer(1)]), "DimensionExhausted": .null,
        ])
    ]

    private static func register(_ body: JSONObject, _ state: inout State) -> Response {
        guard let job = body["Job"]?.object else { return error(400, "Job must be specified") }
        let task = job["TaskGroups"]?.array?.first?.object?["Tasks"]?.array?.first?.object
        if task?["KillTimeout"]?.string != nil {
            return error(
                400, "json: cannot unmarshal string into Go struct field Task.KillTimeout of type time.Duration")
        }
        let update = job["TaskGroups"]?.array?.first?.object?["Update"]?.object
        if update?["AutoPromote"]?.boolean == true, update?["Canary"]?.integer ?? 0 == 0 {
            return error(500, "1 error occurred:\n\t* Auto Promote requires a Canary count greater than zero\n\n")
        }
        if body["EnforceIndex"]?.boolean == true, let wanted = body["JobModifyIndex"]?.integer,
            wanted != state.modifyIndex
        {
            let reason =
                wanted == 0
                ? "job already exists" : "job exists with conflicting job modify index: \(state.modifyIndex)"
            return error(500, "Enforcing job modify index \(wanted): \(reason)")
        }
        state.versions.append(job)
        state.index += 10
        state.modifyIndex = state.index
        state.questions = 0
        return answer(
            .object([
                "EvalID": "e1", "EvalCreateIndex": .integer(state.index), "JobModifyIndex": .integer(state.modifyIndex),
                "Warnings": "",
            ]), index: state.index)
    }

    /// The first answer says that nobody has looked at it yet; empty members are left out, as the real one does.
    private static func evaluation(_ state: inout State) -> Response {
        state.questions += 1
        state.index += 1
        guard state.questions > 1 else {
            return answer(.object(["ID": "e1", "Status": "pending"]), index: state.index)
        }
        var evaluation: JSONObject = ["ID": "e1", "Status": "complete"]
        if state.fate == .unplaceable {
            evaluation["FailedTGAllocs"] = .object(obstacle)
            evaluation["BlockedEval"] = "e2"
        }
        evaluation["DeploymentID"] = "d1"
        return answer(.object(evaluation), index: state.index)
    }

    /// The deployment of the version before, which was registered again as a new version.
    private static func revertDeployment(_ state: inout State) -> Response {
        state.revertQuestions += 1
        state.index += 1
        let status = state.revertQuestions > 4 ? state.revert ?? "running" : "running"
        let descriptions = [
            "running": "Deployment is running", "successful": "Deployment completed successfully",
            "failed": "Failed due to progress deadline",
        ]
        return answer(
            .object([
                "ID": "d2", "JobVersion": .integer(state.versions.count), "Status": .string(status),
                "StatusDescription": .string(descriptions[status] ?? ""),
                "TaskGroups": .object([
                    "web": .object([
                        "DesiredCanaries": .integer(0), "DesiredTotal": .integer(2),
                        "HealthyAllocs": .integer(status == "successful" ? 2 : 0), "UnhealthyAllocs": .integer(0),
                    ])
                ]),
            ]), index: state.index)
    }

    private static func deployment(_ state: inout State) -> Response {
        state.questions += 1
        state.index += 1
        let isFirst = state.versions.count < 2
        var (status, description) = ("running", "Deployment is running")
        let isDecided = state.questions > 4
        switch state.fate {
        case .healthy where isDecided: (status, description) = ("successful", "Deployment completed successfully")
        case .unhealthy where isDecided:
            (status, description) = ("failed", "Failed due to unhealthy allocations - rolling back to job version 0")
        case .overtaken where isDecided: (status, description) = ("cancelled", "Cancelled due to newer version of job")
        case _ where !isFirst: description = "Deployment is running pending automatic promotion"
        default: break
        }
        return answer(
            .object([
                "ID": "d1", "JobVersion": .integer(state.versions.count - 1), "Status": .string(status),
                "StatusDescription": .string(description),
                "TaskGroups": .object([
                    "web": .object([
                        "Promoted": .boolean(isDecided), "DesiredCanaries": .integer(isFirst ? 0 : 1),
                        "DesiredTotal": .integer(2),
                        "HealthyAllocs": .integer(isDecided && state.fate == .healthy ? 2 : 0),
                        "UnhealthyAllocs": .integer(state.fate == .unhealthy ? 1 : 0),
                    ])
                ]),
            ]), index: state.index)
    }
}
