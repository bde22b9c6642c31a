import Bindle
import CommandLineInterface
import Content
import HTTP
import Hippofacts
import Platform
import SandboxProtocol
import TOML

/// `hippo-dev.toml`, which stands beside HIPPOFACTS and holds what would otherwise be given to `hippo-dev up`.
enum SettingsFile {
    static let name = "hippo-dev.toml"
    static let path = RelativePath(validating: name)!

    /// The value of a variable that `${NAME}` in `[env]` names; `nil` if there is none.
    typealias VariableLookup = (_ name: String) throws(Failure) -> String?

    /// Reads the file in a project's directory; empty settings if there is none.
    ///
    /// Paths in it are relative to the project.
    ///
    /// - Parameter variable: what `${NAME}` in `[env]` stands for; `nil` to leave the texts as they are, for those who do
    ///   not run the project.
    static func read(
        inProject directory: String, variable: VariableLookup? = nil
    ) throws(Failure) -> SandboxSettings {
        let path = directory + "/" + name
        guard FileStatus(path: path) != nil else { return SandboxSettings() }
        guard let bytes = try? FileReader.bytes(of: path, limit: 16 << 20) else {
            throw Failure(stage: .assemble, message: "The file cannot be read. Check its permissions.", file: name)
        }
        do {
            return try parse(bytes, projectDirectory: directory, variable: variable)
        } catch {
            throw Failure(
                stage: .assemble, message: error.message + "\n" + error.excerpt, file: name,
                line: error.position.line, column: error.position.column)
        }
    }

    static func parse(
        _ bytes: [UInt8], projectDirectory: String, variable: VariableLookup? = nil
    ) throws(TOMLError) -> SandboxSettings {
        var document = try TOMLSection(parsing: bytes)
        var settings = SandboxSettings()
        if var build = try document.section("build") {
            settings.buildCommand = try build.string("command")
            if let command = settings.buildCommand, command.allSatisfy(\.isWhitespace) {
                throw build.error("'command' is empty; leave it out where nothing is to be built", atValueOf: "command")
            }
            settings.watchPatterns = try patterns("watch", in: &build)
            settings.waitsForBuild = try build.boolean("wait")
            settings.passedVariables = Set(try build.strings("pass-env") ?? [])
            try build.finish()
        }
        let variables = try self.variables(&document, variable)
        if var files = try document.section("files") {
            settings.excludedFiles = try patterns("exclude", in: &files) ?? []
            try files.finish()
        }
        settings.handlers = try handlers(&document)
        if var data = try document.section("data") {
            let path = try data.requiredString("path")
            guard !path.isEmpty else { throw data.error("'path' is empty", atValueOf: "path") }
            settings.data = DataDirectory(
                path: FilePath.absolute(path, in: projectDirectory), isOfProject: true)
            settings.excludeData(inProject: projectDirectory)
            settings.dataLimit = try value("max-size", in: &data, likeness: "100MB") { ByteCount(parsing: $0)?.bytes }
            try data.finish()
        }
        settings.proxies = try proxies(&document)
        if var up = try document.section("up") {
            try read(&up, into: &settings, projectDirectory)
            try up.finish()
        }
        settings.variableSources += variables.map { .variable($0) }
        try document.finish()
        return settings
    }

    /// The variables of `[env]`, with the values of those that they name.
    private static func variables(
        _ document: inout TOMLSection, _ lookup: VariableLookup?
    ) throws(TOMLError) -> [SandboxSettings.Variable] {
        var variables: [SandboxSettings.Variable] = []
        for (name, text) in try document.stringTable("env") ?? [] {
            guard !name.isEmpty, !name.contains("=") else {
                throw document.error("'\(name)' in [env] is no name for a variable", atKey: "env")
            }
            do {
                let value = try value(of: VariableText(parsing: text), lookup) ?? text
                variables.append(.init(name: name, value: value))
            } catch {
                throw document.error("\(error)", at: document.table["env"]?.table?[name]?.position)
            }
        }
        return variables
    }

    /// The text with the values of what it names; `nil` if nobody looks them up.
    private static func value(of text: VariableText, _ lookup: VariableLookup?) throws -> String? {
        guard let lookup else { return nil }
        var value = ""
        for part in text.parts {
            switch part {
            case .text(let text): value += text
            case .variable(let name):
                guard let found = try lookup(name) else { throw UnsetVariable(name: name) }
                value += found
            }
        }
        return value
    }

    private struct UnsetVariable: Error, CustomStringConvertible {
        let name: String

        var description: String {
            "there is no variable \(name): set it in the environment of hippo-dev, or in .env; '$$' is a dollar sign"
        }
    }

    private static func handlers(
        _ document: inout TOMLSection
    ) throws(TOMLError) -> [HandlerSettings.Handler] {
        var handlers: [HandlerSettings.Handler] = []
        for section in try document.sections("handler") {
            var section = section
            let route = try section.requiredString("route")
            guard !handlers.contains(where: { $0.route == route }) else {
                throw section.error("there are two [[handler]] with the route '\(route)'", atValueOf: "route")
            }
            handlers.append(
                HandlerSettings.Handler(
                    route: route, argumentTemplate: try section.string("argv"),
                    allowedHosts: try hosts("allow-outbound", in: &section),
                    reuse: try section.integer("reuse", in: 1...1_000_000),
                    stubsImports: try section.boolean("stub-imports") ?? false,
                    position: section.table["route"]?.position))
            for key in Hippofacts.handlerKeys where section.table[key] != nil {
                throw section.error(
                    "'\(key)' of a handler belongs into HIPPOFACTS; write it into the [[handler]] with this route there",
                    atKey: key)
            }
            try section.finish()
        }
        return handlers
    }

    /// URLs of hosts that modules may send requests to.
    private static func hosts(_ key: String, in section: inout TOMLSection) throws(TOMLError) -> [String] {
        let hosts = try section.strings(key) ?? []
        for (index, host) in hosts.enumerated() where !WAGIFeature.isAllowedHost(host) {
            throw section.error(
                "'\(host)' is not a URL like https://example.com", at: section.table[key]?.array?[index].position)
        }
        return hosts
    }

    private static func read(
        _ up: inout TOMLSection, into settings: inout SandboxSettings, _ projectDirectory: String
    ) throws(TOMLError) {
        let absolute = { (path: String) in
            FilePath.absolute(path, in: projectDirectory)
        }
        settings.listen = try address("listen", in: &up)
        settings.port = try port(in: &up)
        settings.tls = try tls(in: &up, absolute)
        settings.servesBindlesAsHTTP = try up.boolean("bindle-http")
        settings.bindleListen = try address("bindle-listen", in: &up)
        settings.allowedHosts = try up.strings("allow-hosts") ?? []
        settings.behind = try value("behind", in: &up, likeness: "http://localhost:5173") { try? HTTPURL($0) }
        settings.allowedOutbound = try hosts("allow-outbound", in: &up)
        settings.asksForToken = try up.boolean("token")
        settings.showsErrors = try up.boolean("show-errors")
        settings.isWatching = try up.boolean("watch")
        settings.pollInterval = try value("poll", in: &up, likeness: "1s") { Duration(parsing: $0) }
        let store = try up.string("store")
        if try up.boolean("ephemeral") == true {
            if store != nil { throw up.error("'ephemeral' and 'store' exclude each other", atKey: "ephemeral") }
            settings.storage = .temporary
        } else if let store {
            settings.storage = .file(absolute(store))
        }
        settings.parcels = try parcels(in: &up, projectDirectory)
        settings.historyBytes = try value("max-history", in: &up, likeness: "500MiB") { ByteCount(parsing: $0)?.bytes }
        settings.variableSources = try (up.strings("env-file") ?? []).map { .file(absolute($0)) }
        settings.givesDotenv = try up.boolean("dotenv")
        settings.allowsTransientWrite = try up.boolean("allow-transient-write")
        settings.stubsImports = try up.boolean("stub-imports")
        settings.servesStaticFiles = try up.boolean("static")
        settings.reloadsPages = try up.boolean("reload")
        settings.limits.time = try value("timeout", in: &up, likeness: "30s") { Duration(parsing: $0) }
        settings.limits.memoryBytes = try value("max-memory", in: &up, likeness: "64MiB") {
            ByteCount(parsing: $0)?.bytes
        }
        settings.limits.responseBytes = try value("max-response", in: &up, likeness: "64MiB") {
            ByteCount(parsing: $0)?.bytes
        }
        settings.limits.waitingRequests = try up.integer("max-waiting", in: 1...1_000_000)
        settings.logDirectory = try up.string("log-dir").map(absolute)
        settings.logFileLimit = try value("log-limit", in: &up, likeness: "10MiB") { ByteCount(parsing: $0)?.bytes }
        settings.channelIdleTime = try value("channel-idle", in: &up, likeness: "15min") { Duration(parsing: $0) }
        settings.libraries = try up.strings("libraries").map { $0.map(absolute) }
        settings.upstream = try up.string("upstream")
        if let upstream = settings.upstream {
            do { _ = try HTTPURL(upstream) } catch { throw up.error("\(error)", atValueOf: "upstream") }
        }
        settings.upstreamStrategy = try up.string("upstream-strategy")
        if let strategy = settings.upstreamStrategy, VerificationStrategy(strategy) == nil {
            throw up.error(
                "'\(strategy)' is no verification strategy; write one like \"GreedyVerification\"",
                atValueOf: "upstream-strategy")
        }
        settings.editor = try value("editor", in: &up, likeness: "vscode") { EditorLink(parsing: $0) }
        // A name alone is looked for on the PATH.
        settings.wagiProgram = try up.string("wagi").map { $0.contains("/") ? absolute($0) : $0 }
    }

    /// Where the parcels are. What is said of the place goes with its name.
    private static func parcels(
        in up: inout TOMLSection, _ projectDirectory: String
    ) throws(TOMLError) -> ParcelSettings? {
        let place = try up.string("parcels")
        let endpoint = try up.string("endpoint")
        let cache = try value("parcel-cache", in: &up, likeness: "500MiB") { ByteCount(parsing: $0)?.bytes }
        let isOwn = try up.boolean("own-parcels")
        guard let place else {
            for key in ["endpoint", "parcel-cache", "own-parcels"] where up.table[key] != nil {
                throw up.error("'\(key)' goes with 'parcels'", atKey: key)
            }
            return nil
        }
        let location: ParcelLocation
        do { location = try ParcelLocation(parsing: place, endpoint: endpoint, in: projectDirectory) } catch {
            throw up.error("\(error)", atValueOf: "parcels")
        }
        // The file may have come with a project of somebody who wants the credentials.
        guard location.foreignEndpoint == nil else {
            throw up.error(
                "a service that is not on this machine would get your credentials: give it by --parcels and --endpoint, or "
                    + "by a variable of the service's own tools, such as AWS_ENDPOINT_URL", atValueOf: "endpoint")
        }
        return ParcelSettings(location: location, cacheLimit: cache, isOwn: isOwn ?? false)
    }

    /// Prefixes of paths, and the servers that answer below them.
    private static func proxies(_ document: inout TOMLSection) throws(TOMLError) -> [ProxyRule] {
        guard var section = try document.section("proxy") else { return [] }
        var rules: [ProxyRule] = []
        for prefix in section.table.keys {
            let rule: ProxyRule
            do {
                if section.table[prefix]?.table != nil {
                    guard var details = try section.section(prefix) else { continue }
                    rule = try ProxyRule(
                        prefix: prefix, url: try details.requiredString("url"),
                        strips: try details.boolean("strip") ?? false)
                    try details.finish()
                } else {
                    rule = try ProxyRule(prefix: prefix, url: try section.requiredString(prefix), strips: false)
                }
            } catch let error as ProxyRule.Malformed {
                throw section.error(error.description, atKey: prefix)
            } catch {
                throw error as? TOMLError ?? section.error("\(error)", atKey: prefix)
            }
            if rules.contains(where: { $0.prefix == rule.prefix }) {
                throw section.error("'\(prefix)' is there twice", atKey: prefix)
            }
            rules.append(rule)
        }
        return rules
    }

    private static func value<Value>(
        _ key: String, in section: inout TOMLSection, likeness: String, _ read: (String) -> Value?
    ) throws(TOMLError) -> Value? {
        guard let text = try section.string(key) else { return nil }
        guard let value = read(text) else {
            throw section.error("'\(text)' does not fit here; write something like \"\(likeness)\"", atValueOf: key)
        }
        return value
    }

    /// Files of a certificate and its key, or the user's own authority.
    private static func tls(
        in section: inout TOMLSection, _ absolute: (String) -> String
    ) throws(TOMLError) -> SandboxSettings.TLS? {
        let files = (certificate: try section.string("tls-cert"), key: try section.string("tls-key"))
        let isLocal = try section.boolean("https") ?? false
        switch files {
        case (nil, nil): return isLocal ? .localAuthority : nil
        case (let certificate?, let key?):
            guard !isLocal else { throw section.error("'https' and 'tls-cert' exclude each other", atKey: "https") }
            return .files(certificate: absolute(certificate), key: absolute(key))
        case (_?, nil): throw section.error("'tls-cert' and 'tls-key' go together", atKey: "tls-cert")
        case (nil, _?): throw section.error("'tls-cert' and 'tls-key' go together", atKey: "tls-key")
        }
    }

    /// A number, or `"auto"`.
    private static func port(in section: inout TOMLSection) throws(TOMLError) -> PortChoice? {
        if section.table["port"]?.integer != nil {
            return try section.integer("port", in: 0...65535).map { .number(UInt16($0)) }
        }
        guard let text = try section.string("port") else { return nil }
        guard text == "auto" else {
            throw section.error("'\(text)' is no port; write a number, or \"auto\"", atValueOf: "port")
        }
        return .automatic
    }

    private static func address(_ key: String, in section: inout TOMLSection) throws(TOMLError) -> SocketAddress? {
        guard let text = try section.string(key) else { return nil }
        guard let address = SocketAddress.parseListener(text) else {
            throw section.error(
                "'\(text)' is no address; write a port, or an address like \"127.0.0.1:3000\"", atValueOf: key)
        }
        return address
    }

    private static func patterns(_ key: String, in section: inout TOMLSection) throws(TOMLError) -> [GlobPattern]? {
        guard let texts = try section.strings(key) else { return nil }
        var patterns: [GlobPattern] = []
        for (index, text) in texts.enumerated() {
            do {
                patterns.append(try GlobPattern(text))
            } catch {
                throw section.error("\(error)", at: section.table[key]?.array?[index].position)
            }
        }
        return patterns
    }
}
