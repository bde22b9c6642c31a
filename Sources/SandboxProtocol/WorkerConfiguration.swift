package import JSON
import Platform

/// How a WAGI process serves, whatever it serves: what a sandbox tells it before anything else, over the control channel.
///
/// See Handover.md in Sandbox.docc.
package struct WorkerConfiguration: Hashable, Sendable {
    /// A variable for the modules.
    package struct Variable: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Requests that another server answers.
    package struct Proxy: Hashable, Sendable {
        /// Of paths.
        package var prefix: String
        package var url: String
        /// Whether the prefix is taken off the path.
        package var strips: Bool

        package init(prefix: String, url: String, strips: Bool) {
            self.prefix = prefix
            self.url = url
            self.strips = strips
        }
    }

    /// `HOST[:PORT]`, for requests that do not say which host they are for.
    package var hostname = "localhost:3000"
    /// For all modules.
    package var variables: [Variable] = []
    /// For the project's own modules, and not for those of external bindles; weaker than `variables`.
    package var projectVariables: [Variable] = []
    package var allowsTransientWrite = false
    /// Whether imports of components that are not provided trap when they are called.
    package var stubsImports = false
    /// Whether nothing is served if there is a handler that could answer no request; else that one answers with 500.
    package var requiresEntrypoints = false
    package var servesStaticFiles = true
    /// Names by which the application may be addressed, besides IP addresses and local names; `*` stands for all.
    package var allowedHosts: [String] = []
    /// What handlers have as `/data`; `nil` for nothing.
    package var dataDirectory: String?
    /// How many bytes they may keep there; `nil` for as many as there is room for.
    package var dataLimit: Int?
    package var proxies: [Proxy] = []
    /// The URL of the server that requests come through; `nil` for none.
    package var behind: String?
    /// Whether every client is shown the stack, output and source of what fails.
    package var showsErrors = false
    /// Where what modules write to standard error is kept; `nil` for a temporary directory.
    package var logDirectory: String?
    /// Bytes of a file there, before it becomes the older one; `nil` for what is usual.
    package var logFileLimit: Int?
    package var limits = Limits()
    /// What the sandbox's Bindle server asks for; `nil` if it asks for nothing.
    package var bindleToken: String?
    /// By which key that server is known, if it speaks TLS.
    package var bindleKeyPin: String?
    /// How pages open files in the developer's editor.
    package var editor = EditorLink.usual
    /// Another WAGI program, which serves in place of this one.
    package var program: String?

    package init() {}

    /// What modules may use; `nil` for what is usual.
    package struct Limits: Hashable, Sendable {
        /// For one request.
        package var time: Duration?
        /// Bytes of linear memory.
        package var memoryBytes: Int?
        /// Bytes of a response's body.
        package var responseBytes: Int?
        /// Bytes of stack for nested calls.
        package var stackBytes: Int?
        /// Bytes of garbage-collected objects.
        package var heapBytes: Int?
        /// Elements of all tables.
        package var tableElements: Int?
        /// Files that are open at a time.
        package var openFiles: Int?
        /// Bytes that modules may write to their files, all of a process together.
        package var transientBytes: Int?
        /// Requests that may be with a module, or wait for one, at a time: 1 or more.
        package var waitingRequests: Int?

        package init() {}
    }
}

extension WorkerConfiguration {
    /// The configuration as an object; what is as usual is left out.
    package var json: JSONObject {
        var json: JSONObject = ["hostname": .string(hostname)]
        if !variables.isEmpty { json["variables"] = .array(variables.map(\.json)) }
        if !projectVariables.isEmpty { json["projectVariables"] = .array(projectVariables.map(\.json)) }
        if allowsTransientWrite { json["transientWrite"] = .boolean(true) }
        if stubsImports { json["stubImports"] = .boolean(true) }
        if requiresEntrypoints { json["requireEntrypoints"] = .boolean(true) }
        if !servesStaticFiles { json["static"] = .boolean(false) }
        if !allowedHosts.isEmpty { json["allowedHosts"] = .array(allowedHosts.map { .string($0) }) }
        json["data"] = dataDirectory.map { .string($0) }
        json["dataLimit"] = dataLimit.map { .integer($0) }
        if !proxies.isEmpty {
            json["proxies"] = .array(
                proxies.map { .array([.string($0.prefix), .string($0.url), .boolean($0.strips)]) })
        }
        json["behind"] = behind.map { .string($0) }
        if showsErrors { json["showErrors"] = .boolean(true) }
        json["logDirectory"] = logDirectory.map { .string($0) }
        json["logLimit"] = logFileLimit.map { .integer($0) }
        json["limits"] = .object(limits.json)
        json["bindleToken"] = bindleToken.map { .string($0) }
        json["bindleKey"] = bindleKeyPin.map { .string($0) }
        if editor != .usual { json["editor"] = .string(editor.template) }
        json["program"] = program.map { .string($0) }
        return json
    }

    /// Reads what `json` has written; `nil` if it is nothing of the kind.
    package init?(json: JSONObject) {
        guard let hostname = json["hostname"]?.string, let limits = json["limits"]?.object else { return nil }
        self.init()
        self.hostname = hostname
        self.limits = Limits(json: limits)
        for variable in json["variables"]?.array ?? [] {
            guard let variable = Variable(json: variable) else { return nil }
            variables.append(variable)
        }
        for variable in json["projectVariables"]?.array ?? [] {
            guard let variable = Variable(json: variable) else { return nil }
            projectVariables.append(variable)
        }
        allowsTransientWrite = json["transientWrite"]?.boolean ?? false
        stubsImports = json["stubImports"]?.boolean ?? false
        requiresEntrypoints = json["requireEntrypoints"]?.boolean ?? false
        servesStaticFiles = json["static"]?.boolean ?? true
        allowedHosts = json["allowedHosts"]?.array?.compactMap(\.string) ?? []
        dataDirectory = json["data"]?.string
        dataLimit = json["dataLimit"]?.integer
        for proxy in json["proxies"]?.array ?? [] {
            guard let parts = proxy.array, parts.count == 3, let prefix = parts[0].string, let url = parts[1].string,
                let strips = parts[2].boolean
            else { return nil }
            proxies.append(Proxy(prefix: prefix, url: url, strips: strips))
        }
        behind = json["behind"]?.string
        showsErrors = json["showErrors"]?.boolean ?? false
        logDirectory = json["logDirectory"]?.string
        logFileLimit = json["logLimit"]?.integer
        bindleToken = json["bindleToken"]?.string
        bindleKeyPin = json["bindleKey"]?.string
        editor = json["editor"]?.string.map(EditorLink.init(template:)) ?? .usual
        program = json["program"]?.string
    }
}

extension WorkerConfiguration.Variable {
    fileprivate var json: JSONValue { .array([.string(name), .string(value)]) }

    fileprivate init?(json: JSONValue) {
        guard let parts = json.array, parts.count == 2, let name = parts[0].string, let value = parts[1].string else {
            return nil
        }
        self.init(name: name, value: value)
    }
}

extension WorkerConfiguration.Limits {
    fileprivate var json: JSONObject {
        var json = JSONObject()
        json["nanoseconds"] = time.map { .integer(Int($0.nanoseconds)) }
        json["memory"] = memoryBytes.map { .integer($0) }
        json["response"] = responseBytes.map { .integer($0) }
        json["stack"] = stackBytes.map { .integer($0) }
        json["heap"] = heapBytes.map { .integer($0) }
        json["tables"] = tableElements.map { .integer($0) }
        json["openFiles"] = openFiles.map { .integer($0) }
        json["transient"] = transientBytes.map { .integer($0) }
        json["waiting"] = waitingRequests.map { .integer($0) }
        return json
    }

    fileprivate init(json: JSONObject) {
        self.init()
        time = json["nanoseconds"]?.integer.map { .nanoseconds(Int64($0)) }
        memoryBytes = json["memory"]?.integer
        responseBytes = json["response"]?.integer
        stackBytes = json["stack"]?.integer
        heapBytes = json["heap"]?.integer
        tableElements = json["tables"]?.integer
        openFiles = json["openFiles"]?.integer
        transientBytes = json["transient"]?.integer
        waitingRequests = json["waiting"]?.integer
    }
}
