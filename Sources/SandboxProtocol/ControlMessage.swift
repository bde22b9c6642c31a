package import JSON

/// What the sandbox tells a WAGI process it has started.
///
/// See Handover.md in Sandbox.docc.
package enum LauncherMessage: Hashable, Sendable {
    /// How to serve, whatever it is. Sent once, before everything else.
    case configure(WorkerConfiguration)
    /// Load what can be loaded while there is time: what is loaded next will differ from this in little. Sent at most
    /// once, before `load`, and answered with `prepared` or `failed`.
    case prepare(Load)
    /// Fetch a revision of a bindle, make it ready, and answer `ready` or `failed`. Sent once, at any time after the
    /// start: a process waits for it with everything else done.
    case load(Load)
    /// In place of `load`, when there is nothing to be served yet: answer every request with the status of the project.
    /// `status` and `serve` follow.
    case hold
    /// For which hosts it answers: connections pass to the sandbox whose next request is for another one. Sent before
    /// `serve`, and at each change from then on; without it, the process answers for all.
    case hosts(ServedHosts)
    /// What pages are to know of the project. Sent before `serve`, and at each change from then on.
    case status(ProjectStatus)
    /// Accept connections. Sent once, after `ready`.
    case serve
    /// Accept no more connections, finish the requests that have begun, and exit with status 0.
    case drain
    /// As `drain`, but pass connections on to the process that serves from now on as soon as they have no request that
    /// is being answered.
    case handOver
}

extension LauncherMessage {
    /// What is to be loaded.
    package struct Load: Hashable, Sendable {
        package var bindle: String
        /// Where the bindle is as it was in the revision; `/v1` included.
        package var bindleURL: String
        package var revision: Int
        /// Without it, all of the bindle is fetched.
        package var content: Content?

        package init(bindle: String, bindleURL: String, revision: Int, content: Content? = nil) {
            self.bindle = bindle
            self.bindleURL = bindleURL
            self.revision = revision
            self.content = content
        }

        /// What a process serves without fetching anything. The images of the wwwroot come along with the message, as
        /// descriptors: the base, and then the changes.
        package struct Content: Hashable, Sendable {
            /// All handlers, in the order in which their routes are tried.
            package var handlers: [ServedHandler]
            /// 1 without changes, 2 with them.
            package var imageCount: Int
            /// The file of the store that has the contents; absolute.
            package var store: String
            /// The directory of the project, whose files stand in where the store is damaged; absolute.
            package var project: String?

            package init(handlers: [ServedHandler], imageCount: Int, store: String, project: String?) {
                self.handlers = handlers
                self.imageCount = imageCount
                self.store = store
                self.project = project
            }
        }
    }
}

/// What a WAGI process tells the sandbox that has started it. Requests and what handlers write do not come this way: see
/// `RequestLogWriter`.
package enum WorkerMessage: Hashable, Sendable {
    /// The process is at work. Sent each second from `load` to `ready` or `failed`: who hears nothing for several of them
    /// takes it for stuck.
    case alive
    /// What `prepare` asked for is done.
    case prepared
    /// The process answers for the hosts of the last `hosts`, and no others. Sent for each.
    case hostsTaken
    /// The bindle is loaded; `serve` may follow.
    case ready(revision: Int, timings: [StageTiming])
    /// Something is odd about the bindle, which can be served all the same. Sent before `ready`.
    case warning(String)
    /// The bindle cannot be served. The process exits after it.
    case failed(WorkerFailure)
}

/// How long one stage of a launch took.
package struct StageTiming: Hashable, Sendable {
    /// A word, such as `fetch`.
    package let stage: String
    package let milliseconds: Double

    package init(stage: String, milliseconds: Double) {
        self.stage = stage
        self.milliseconds = milliseconds
    }
}

/// Why a bindle cannot be served.
package struct WorkerFailure: Hashable, Sendable {
    /// Complete sentences.
    package let message: String
    /// The file to look at, if one is known.
    package let file: String?
    /// 1-based.
    package let line: Int?
    /// 1-based.
    package let column: Int?
    /// The route of the handler that is wrong, as the bindle has it, if one is.
    package let route: String?

    package init(
        message: String, file: String? = nil, line: Int? = nil, column: Int? = nil, route: String? = nil
    ) {
        self.route = route
        self.message = message
        self.file = file
        self.line = line
        self.column = column
    }
}

/// A message of the control protocol: a JSON object on a line of its own, whose member `type` names its case.
package protocol ControlMessage: Sendable {
    /// The message as an object, `type` first.
    var json: JSONObject { get }
    /// The message that the object stands for; `nil` if it stands for none.
    init?(json: JSONObject)
}

extension LauncherMessage: ControlMessage {
    package var json: JSONObject {
        switch self {
        case .configure(let configuration):
            ["type": .string("configure"), "configuration": .object(configuration.json)]
        case .prepare(let load): load.json(type: "prepare")
        case .load(let load): load.json(type: "load")
        case .hold: ["type": .string("hold")]
        case .hosts(let hosts): ["type": .string("hosts"), "hosts": .object(hosts.json)]
        case .status(let status): ["type": .string("status"), "project": .object(status.json)]
        case .serve: ["type": .string("serve")]
        case .drain: ["type": .string("drain")]
        case .handOver: ["type": .string("handOver")]
        }
    }

    package init?(json: JSONObject) {
        switch json["type"]?.string {
        case "configure":
            guard let configuration = json["configuration"]?.object.flatMap(WorkerConfiguration.init(json:)) else {
                return nil
            }
            self = .configure(configuration)
        case "prepare":
            guard let load = Load(json: json) else { return nil }
            self = .prepare(load)
        case "load":
            guard let load = Load(json: json) else { return nil }
            self = .load(load)
        case "hold": self = .hold
        case "hosts":
            guard let hosts = json["hosts"]?.object.flatMap(ServedHosts.init(json:)) else { return nil }
            self = .hosts(hosts)
        case "status":
            guard let status = json["project"]?.object.flatMap(ProjectStatus.init(json:)) else { return nil }
            self = .status(status)
        case "serve": self = .serve
        case "drain": self = .drain
        case "handOver": self = .handOver
        default: return nil
        }
    }
}

extension LauncherMessage.Load {
    fileprivate func json(type: String) -> JSONObject {
        var json: JSONObject = [
            "type": .string(type), "bindle": .string(bindle), "url": .string(bindleURL), "revision": .integer(revision),
        ]
        if let content {
            var place: JSONObject = [
                "handlers": .array(content.handlers.map(\.json)), "images": .integer(content.imageCount),
                "store": .string(content.store),
            ]
            place["project"] = content.project.map { .string($0) }
            json["content"] = .object(place)
        }
        return json
    }

    fileprivate init?(json: JSONObject) {
        guard let bindle = json["bindle"]?.string, let url = json["url"]?.string,
            let revision = json["revision"]?.integer
        else { return nil }
        self.init(bindle: bindle, bindleURL: url, revision: revision)
        guard let content = json["content"] else { return }
        guard let place = content.object, let handlers = place["handlers"]?.array, let store = place["store"]?.string,
            let imageCount = place["images"]?.integer, (1...2).contains(imageCount)
        else { return nil }
        let parsed = handlers.compactMap(ServedHandler.init(json:))
        guard parsed.count == handlers.count else { return nil }
        self.content = Content(
            handlers: parsed, imageCount: imageCount, store: store, project: place["project"]?.string)
    }
}

extension WorkerMessage: ControlMessage {
    package var json: JSONObject {
        switch self {
        case .alive: return ["type": .string("alive")]
        case .prepared: return ["type": .string("prepared")]
        case .hostsTaken: return ["type": .string("hostsTaken")]
        case .ready(let revision, let timings):
            var milliseconds = JSONObject()
            for timing in timings { milliseconds[timing.stage] = .number(timing.milliseconds) }
            return [
                "type": .string("ready"), "revision": .integer(revision), "milliseconds": .object(milliseconds),
            ]
        case .warning(let text): return ["type": .string("warning"), "text": .string(text)]
        case .failed(let failure):
            var json: JSONObject = ["type": .string("failed"), "message": .string(failure.message)]
            json["file"] = failure.file.map { .string($0) }
            json["line"] = failure.line.map { .integer($0) }
            json["column"] = failure.column.map { .integer($0) }
            json["route"] = failure.route.map { .string($0) }
            return json
        }
    }

    package init?(json: JSONObject) {
        switch json["type"]?.string {
        case "alive": self = .alive
        case "prepared": self = .prepared
        case "hostsTaken": self = .hostsTaken
        case "ready":
            guard let revision = json["revision"]?.integer, let stages = json["milliseconds"]?.object else {
                return nil
            }
            let timings = stages.members.map { StageTiming(stage: $0.name, milliseconds: $0.value.number ?? 0) }
            self = .ready(revision: revision, timings: timings)
        case "warning":
            guard let text = json["text"]?.string else { return nil }
            self = .warning(text)
        case "failed":
            guard let message = json["message"]?.string else { return nil }
            self = .failed(
                WorkerFailure(
                    message: message, file: json["file"]?.string, line: json["line"]?.integer,
                    column: json["column"]?.integer, route: json["route"]?.string))
        default: return nil
        }
    }
}
