import JSON
import Platform

/// The way of a job to Nomad: planned, registered, and followed until it runs, or it is known why it does not.
package struct NomadSubmission: Sendable {
    private let client: NomadClient
    private let job: NomadJob
    /// The job's ID as part of a path.
    private var path: String { "/v1/job/\(job.id)" }

    package init(_ job: NomadJob, to client: NomadClient) {
        (self.job, self.client) = (job, client)
    }

    // MARK: Planning

    /// What registering would do.
    package struct Plan: Sendable {
        /// What the job has to be at when it is registered; 0 for one that is not there.
        package let index: Int
        package let difference: NomadDifference
        package let warnings: String
        /// Why instances could not be placed, a line each; empty if all could.
        package let obstacles: [String]
    }

    package func plan() throws(NomadError) -> Plan {
        var body = job.json
        body["Diff"] = .boolean(true)
        let answer = try client.post(path + "/plan", body)
        return Plan(
            index: answer["JobModifyIndex"]?.integer ?? 0, difference: NomadDifference(plan: answer),
            warnings: answer["Warnings"]?.string ?? "", obstacles: Self.obstacles(answer["FailedTGAllocs"]))
    }

    /// Registers the job, if it is what it was when it was planned.
    ///
    /// - Returns: the evaluation's ID.
    package func register(_ plan: Plan) throws(NomadError) -> String {
        var body = job.json
        body["EnforceIndex"] = .boolean(true)
        body["JobModifyIndex"] = .integer(plan.index)
        body["Submission"] = .object(["Source": .string(job.hcl), "Format": "hcl2"])
        let answer = try client.post("/v1/jobs", body)
        guard let evaluation = answer["EvalID"]?.string else {
            throw NomadError(.malformed, "Nomad has registered the job, and names no evaluation")
        }
        return evaluation
    }

    private static func obstacles(_ failures: JSONValue?) -> [String] {
        (failures?.object?.members ?? []).map { member in
            let failure = member.value.object ?? [:]
            var reasons: [String] = []
            for (name, text) in [("ConstraintFiltered", "filtered by"), ("DimensionExhausted", "exhausted:")] {
                for reason in failure[name]?.object?.members ?? [] {
                    reasons.append("\(text) \(reason.name) (\(reason.value.integer ?? 0))")
                }
            }
            let nodes = failure["NodesEvaluated"]?.integer ?? 0
            if nodes == 0 {
                reasons.append("no node is in the datacenters, the node pool and the namespace of the job")
            }
            return "group \(member.name): of \(nodes) nodes none takes it: \(reasons.joined(separator: ", "))"
        }
    }

    // MARK: Following

    /// How it ended.
    package enum Outcome: Hashable, Sendable {
        /// All instances are healthy. The lines say where.
        case runs([String])
        /// Nothing has a place for it. The job stays registered, and waits.
        case unplaceable([String])
        /// Instances were not healthy, and Nomad went back, if there was anything to go back to. The lines say why.
        case failed([String])
        /// Another registration took its place.
        case replaced(String)
        /// The time is over, and it is not decided. The lines say how far it has come.
        case undecided([String])
    }

    /// Follows what a registration sets off.
    ///
    /// - Parameters:
    ///   - limit: How long; Nomad itself may never decide.
    ///   - tell: Told what is new, in lines for people.
    package func follow(
        evaluation id: String, limit: Duration, tell: (String) -> Void
    ) throws(NomadError) -> Outcome {
        let end = MonotonicTime.now + limit
        guard let evaluation = try wait("/v1/evaluation/\(id)", until: end, { $0["Status"]?.string != "pending" })
        else {
            return .undecided(["Nomad has not looked at the job yet"])
        }
        let obstacles = Self.obstacles(evaluation["FailedTGAllocs"])
        if !obstacles.isEmpty { return .unplaceable(obstacles) }
        guard let deployment = evaluation["DeploymentID"]?.string, !deployment.isEmpty else {
            return .runs(try services())
        }
        let (ended, told) = try self.end(of: deployment, until: end, tell)
        guard let ended else { return .undecided([told] + (try failures(version: nil))) }
        let description = ended["StatusDescription"]?.string ?? ""
        switch ended["Status"]?.string {
        case "successful": return .runs(try services())
        case "cancelled": return .replaced(description)
        default:
            let version = ended["JobVersion"]?.integer
            // Before it is forgotten what the instances say, while Nomad goes back.
            let reasons = try failures(version: version)
            return .failed([description] + reasons + (try revert(from: version ?? 0, description, until: end, tell)))
        }
    }

    /// Follows a deployment.
    ///
    /// - Returns: how it ended, `nil` when the time is over, and what was told last.
    private func end(
        of deployment: String, until end: MonotonicTime, _ tell: (String) -> Void
    ) throws(NomadError) -> (JSONObject?, String) {
        var told = ""
        let ended = try wait("/v1/deployment/\(deployment)", until: end) { deployment in
            let progress = Self.progress(deployment)
            if progress != told {
                told = progress
                tell(progress)
            }
            return ["successful", "failed", "cancelled"].contains(deployment["Status"]?.string)
        }
        return (ended, told)
    }

    /// Asks again and again, each time when there is something new, until it is as wanted; `nil` when the time is over.
    private func wait(
        _ path: String, until end: MonotonicTime, _ isEnough: (JSONObject) -> Bool
    ) throws(NomadError) -> JSONObject? {
        var index = 0
        while true {
            let left = (end - .now).milliseconds
            let seconds = max(0, min(10, Int(left / 1000)))
            let parameters = index == 0 ? [] : [("index", String(index)), ("wait", "\(seconds)s")]
            let (value, next) = try client.get(path, parameters)
            // What is not there yet is `null`.
            guard let object = value == .null ? [:] : value.object else {
                throw NomadError(.malformed, "Nomad's answer to \(path) is no object")
            }
            if isEnough(object) { return object }
            guard left > 0 else { return nil }
            // An index that goes back is to be forgotten.
            let known = next ?? 0
            if known <= index { usleep(Self.pause) }
            index = known < index ? 0 : known
        }
    }

    /// So that a server that does not wait is not asked without a pause, in microseconds.
    private static let pause: UInt32 = 200_000

    private static func progress(_ deployment: JSONObject) -> String {
        let groups = (deployment["TaskGroups"]?.object?.members ?? []).map { member in
            let state = member.value.object ?? [:]
            func count(_ name: String) -> Int { state[name]?.integer ?? 0 }
            let canaries = count("DesiredCanaries") > 0 && state["Promoted"]?.boolean != true
            let wanted = canaries ? count("DesiredCanaries") : count("DesiredTotal")
            return "\(count("HealthyAllocs")) of \(wanted) \(canaries ? "canaries" : "instances") healthy"
                + (count("UnhealthyAllocs") > 0 ? ", \(count("UnhealthyAllocs")) unhealthy" : "")
        }
        return ([deployment["StatusDescription"]?.string ?? ""] + groups).joined(separator: "; ")
    }

    /// Where the service answers.
    private func services() throws(NomadError) -> [String] {
        let list = try client.get("/v1/service/\(job.serviceName)").value.array ?? []
        return list.compactMap { service in
            guard let service = service.object, let address = service["Address"]?.string,
                let port = service["Port"]?.integer
            else { return nil }
            let tags = (service["Tags"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
            return "http://\(address.contains(":") ? "[\(address)]" : address):\(port)/"
                + (tags.isEmpty ? "" : " (\(tags))")
        }
    }

    /// How Nomad's words for a deployment end that failed, and is followed by an earlier version.
    private static let goingBack = "rolling back to job version"

    /// Waits for what comes of going back: the earlier version is registered once more, as a new one, and has a deployment of
    /// its own.
    ///
    /// - Parameters:
    ///   - version: The one that failed.
    ///   - description: What Nomad says of its deployment.
    private func revert(
        from version: Int, _ description: String, until end: MonotonicTime, _ tell: (String) -> Void
    ) throws(NomadError) -> [String] {
        guard description.contains(Self.goingBack) else { return [] }
        let newest = try wait(path + "/deployment", until: end) { ($0["JobVersion"]?.integer ?? -1) > version }
        guard let newest, let deployment = newest["ID"]?.string, let number = newest["JobVersion"]?.integer else {
            return ["Nomad has not gone back yet"]
        }
        let (ended, told) = try self.end(of: deployment, until: end) { tell("going back: \($0)") }
        guard let ended else { return ["Not yet back, as version \(number) of the job: \(told)"] }
        let outcome = ended["StatusDescription"]?.string ?? ""
        guard ended["Status"]?.string == "successful" else {
            return ["It could not go back either, as version \(number) of the job: \(outcome)"]
        }
        return ["Now at version \(number) of the job: \(outcome)"] + (try services())
    }

    // MARK: What went wrong

    private static let shownAllocations = 3
    private static let shownLogBytes = 2000

    /// What instances of a version (`nil` for any) that are not healthy say for themselves.
    private func failures(version: Int?) throws(NomadError) -> [String] {
        let allocations = (try client.get(path + "/allocations").value.array ?? []).compactMap(\.object)
        let unhealthy = allocations.filter { allocation in
            let isMeant = version == nil || allocation["JobVersion"]?.integer == version
            let isUnhealthy = allocation["DeploymentStatus"]?.object?["Healthy"]?.boolean == false
            return isMeant && (isUnhealthy || allocation["ClientStatus"]?.string == "failed")
        }
        var lines: [String] = []
        for allocation in unhealthy.prefix(Self.shownAllocations) { lines += describe(allocation) }
        return lines
    }

    private func describe(_ allocation: JSONObject) -> [String] {
        guard let id = allocation["ID"]?.string else { return [] }
        var lines = [
            "\(allocation["Name"]?.string ?? id) on \(allocation["NodeName"]?.string ?? "a node"): "
                + (allocation["ClientStatus"]?.string ?? "")
        ]
        let task = allocation["TaskStates"]?.object?[NomadJob.task]?.object
        for event in task?["Events"]?.array ?? [] {
            guard let event = event.object, let type = event["Type"]?.string else { continue }
            let message = event["DisplayMessage"]?.string ?? ""
            lines.append("  \(type)" + (message.isEmpty ? "" : ": \(message)"))
        }
        // What cannot be asked any more is left out: the rest says something, too.
        for check in (try? client.get("/v1/client/allocation/\(id)/checks"))?.value.object?.members ?? [] {
            guard let check = check.value.object, check["Status"]?.string != "success" else { continue }
            let status = check["StatusCode"]?.integer.map { " with \($0)" } ?? ""
            lines.append("  check '\(check["Check"]?.string ?? "")': \(check["Status"]?.string ?? "")\(status)")
            lines += Self.indented(check["Output"]?.string ?? "")
        }
        let parameters = [
            ("task", NomadJob.task), ("type", "stderr"), ("plain", "true"), ("origin", "end"),
            ("offset", String(Self.shownLogBytes)),
        ]
        if let log = try? client.text("/v1/client/fs/logs/\(id)", parameters), !log.isEmpty {
            lines.append("  its standard error:")
            lines += Self.indented(log)
        }
        return lines
    }

    private static func indented(_ text: String) -> [String] { text.split(separator: "\n").map { "    \($0)" } }
}
