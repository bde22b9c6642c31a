import Bindle
import HTTP
import OCI
import Platform
package import TOML

/// A `modules.toml`: a list of `[[module]]`.
///
/// What wagi 0.8.1 takes is taken. Keys without an effect there are no error here either, but a warning.
package struct ModulesFile: Sendable {
    /// Something in the file that hardly does what was meant.
    package struct Warning: Hashable, Sendable, CustomStringConvertible {
        package let file: String
        package let position: SourcePosition?
        package let message: String

        package var description: String {
            position.map { "\(file):\($0.line):\($0.column): \(message)" } ?? "\(file): \(message)"
        }
    }

    /// The modules that can be served, in the order of the file.
    package private(set) var handlers: [HandlerDefinition] = []
    package private(set) var warnings: [Warning] = []
    /// The directory of files that are served where no module takes a path: `static`, which the program wagi does not know.
    /// Relative to the working directory, as the modules are.
    package private(set) var staticDirectory: String?
    private let file: String

    /// Reads the file at `path`.
    package init(file path: String) throws(LoadError) {
        let bytes: [UInt8]
        do {
            bytes = try FileReader.bytes(of: path, limit: 64 << 20)
        } catch {
            throw LoadError("the configuration cannot be read: \(error.reason)", file: path)
        }
        try self.init(parsing: bytes, file: path)
    }

    /// Reads the text of a file, which errors name by `path`.
    package init(parsing text: [UInt8], file path: String) throws(LoadError) {
        file = path
        do throws(TOMLError) {
            var document = try TOMLSection(parsing: text)
            let modules = try document.sections("module")
            staticDirectory = try document.string("static")
            if staticDirectory == "" { throw document.error("'static' is empty", atValueOf: "static") }
            warnOfUnknownKeys(document)
            guard !modules.isEmpty else { throw document.missing("module", "there is no [[module]]") }
            for module in modules { try read(module) }
        } catch {
            throw LoadError(error.message, file: path, position: error.position, excerpt: error.excerpt)
        }
    }

    private mutating func read(_ section: TOMLSection) throws(TOMLError) {
        var section = section
        let route = try section.requiredString("route")
        var handler = HandlerDefinition(route: Route(route), module: try module(&section))
        handler.entrypoint = try section.string("entrypoint")
        handler.argumentTemplate = try section.string("argv")
        let volumes = try section.stringTable("volumes") ?? []
        for (guestPath, hostPath) in volumes {
            let position = section.table["volumes"]?.table?.entry(guestPath)?.keyPosition
            handler.volumes.append(
                HandlerDefinition.Volume(guestPath: guestPath, hostPath: hostPath, place: place(position)))
        }
        handler.allowedHosts = try section.strings("allowed_hosts") ?? []
        for host in handler.allowedHosts where !WAGIFeature.isAllowedHost(host) {
            throw section.error("'\(host)' is not a URL like https://example.com", atValueOf: "allowed_hosts")
        }
        handler.maximumRequestConcurrency = try section.integer("http_max_concurrency", in: 0...1_000_000)
        handler.reuse = try section.integer("reuse", in: 1...1_000_000) ?? 1
        handler.stubsImports = try section.boolean("stub_imports") ?? false
        handler.environment = try (section.stringTable("environment") ?? []).map { ($0.key, $0.value) }
        for (name, _) in handler.environment where name.isEmpty || name.contains("=") || name.utf8.contains(0) {
            throw section.error("'\(name)' is no name for a variable", atValueOf: "environment")
        }
        warnOfUnknownKeys(section)
        if let obstacle = handler.route.obstacle {
            return warn("the route '\(route)' is never served: \(obstacle)", at: section.table["route"]?.position)
        }
        handlers.append(handler)
    }

    // MARK: Modules

    /// What a module is read from: a path, or a URL.
    private func module(_ section: inout TOMLSection) throws(TOMLError) -> ModuleReference {
        let text = try section.requiredString("module")
        guard !text.isEmpty else { throw section.error("'module' is empty", atValueOf: "module") }
        switch Self.scheme(of: text) {
        case nil: return ModuleReference(path: text)
        case "file": return ModuleReference(path: try Self.path(ofFileURL: text, section))
        case "bindle": return try bindleModule(text, &section)
        case "oci":
            let rest = text.dropFirst("oci:".count)
            do throws(RegistryError) {
                return ModuleReference(image: try ImageReference(rest.hasPrefix("//") ? rest.dropFirst(2) : rest))
            } catch {
                throw section.error(error.description, atValueOf: "module")
            }
        case let scheme?:
            throw section.error(
                "'\(scheme)' URLs are not supported: a module is a path, a file: URL, bindle:NAME/VERSION or oci:HOST/NAME:TAG",
                atValueOf: "module")
        }
    }

    /// The scheme of a URL; `nil` for a path, which may have a colon in it.
    private static func scheme(of text: String) -> Substring? {
        if let range = text.firstRange(of: "://") { return text[..<range.lowerBound] }
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let scheme = text[..<colon]
        return ["file", "bindle", "oci"].contains(scheme) ? scheme : nil
    }

    /// The path of `file:///srv/a.wasm`, `file://localhost/srv/a.wasm` or `file:/srv/a.wasm`.
    private static func path(ofFileURL text: String, _ section: TOMLSection) throws(TOMLError) -> String {
        var path = text.dropFirst("file:".count)
        if path.hasPrefix("//") {
            path = path.dropFirst(2)
            if path.hasPrefix("localhost/") { path = path.dropFirst("localhost".count) }
        }
        guard path.hasPrefix("/"), let decoded = PercentEncoding.decode(path) else {
            throw section.error(
                "'\(text)' is not the URL of a file, like file:///srv/module.wasm", atValueOf: "module")
        }
        return decoded
    }

    private func bindleModule(_ text: String, _ section: inout TOMLSection) throws(TOMLError) -> ModuleReference {
        guard let server = try section.string("bindle_server") else {
            throw section.error(
                "a module from a bindle needs 'bindle_server', the URL of the server that has it", atValueOf: "module")
        }
        do { _ = try HTTPURL(server) } catch { throw section.error("\(error)", atValueOf: "bindle_server") }
        do throws(BindleIDError) {
            return ModuleReference(bindle: try BindleID(String(text.dropFirst("bindle:".count))), server: server)
        } catch {
            throw section.error(error.description, atValueOf: "module")
        }
    }

    // MARK: Warnings

    /// Keys that mean nothing, or nothing any more, and what does what they seem to do.
    private static let reserved = [
        "default_host": "--hostname names the host of requests that name none",
        "repository": "it is reserved",
        "bindle_server": "only a module bindle:NAME/VERSION is fetched from one",
    ]

    /// Warns of all keys that were not asked for.
    private mutating func warnOfUnknownKeys(_ section: TOMLSection) {
        for (key, position, message) in section.unknownKeys {
            if let instead = Self.reserved[key] {
                warn("'\(key)' has no effect: \(instead)", at: position)
            } else {
                warn("\(message). It has no effect", at: position)
            }
        }
    }

    private mutating func warn(_ message: String, at position: SourcePosition?) {
        warnings.append(Warning(file: file, position: position, message: message))
    }

    private func place(_ position: SourcePosition?) -> String {
        position.map { "\(file):\($0.line):\($0.column)" } ?? file
    }
}
