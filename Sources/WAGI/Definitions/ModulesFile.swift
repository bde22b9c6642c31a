import HTTP
import Platform
import TOML
import WASIExperimentalHTTP

/// A `modules.toml`: a list of `[[module]]`.
package enum ModulesFile {
    /// Reads the file at `path`.
    package static func handlers(file path: String) throws(LoadError) -> [HandlerDefinition] {
        let bytes: [UInt8]
        do {
            bytes = try FileReader.bytes(of: path, limit: 64 << 20)
        } catch {
            throw LoadError("the configuration cannot be read: \(error.reason)", file: path)
        }
        return try handlers(parsing: bytes, file: path)
    }

    /// Reads the text of a file, which errors name by `path`.
    package static func handlers(parsing text: [UInt8], file path: String) throws(LoadError) -> [HandlerDefinition] {
        do throws(TOMLError) {
            var document = try TOMLSection(parsing: text)
            var handlers: [HandlerDefinition] = []
            for module in try document.sections("module") { handlers.append(try handler(module)) }
            try refuseReserved(&document, "repository", "bindle_server")
            try document.finish()
            guard !handlers.isEmpty else { throw document.error("there is no [[module]]", at: nil) }
            return handlers
        } catch {
            throw LoadError(error.message, file: path, position: error.position, excerpt: error.excerpt)
        }
    }

    private static func handler(_ section: TOMLSection) throws(TOMLError) -> HandlerDefinition {
        var section = section
        let route = try section.requiredString("route")
        guard route.hasPrefix("/") else {
            throw section.error("the route '\(route)' has to begin with '/'", atValueOf: "route")
        }
        let module = ModuleReference(path: try modulePath(&section))
        var handler = HandlerDefinition(route: Route(route), module: module)
        handler.entrypoint = try section.string("entrypoint")
        handler.argumentTemplate = try section.string("argv")
        for (guestPath, hostPath) in try section.stringTable("volumes") ?? [] {
            guard guestPath.hasPrefix("/") else {
                throw section.error("the volume '\(guestPath)' has to begin with '/'", atValueOf: "volumes")
            }
            handler.volumes.append(HandlerDefinition.Volume(guestPath: guestPath, hostPath: hostPath))
        }
        handler.allowedHosts = try section.strings("allowed_hosts") ?? []
        for host in handler.allowedHosts {
            if host == OutboundHTTPPolicy.allowAll || (try? HTTPURL(host)) != nil { continue }
            throw section.error("'\(host)' is not a URL like https://example.com", atValueOf: "allowed_hosts")
        }
        handler.maximumRequestConcurrency = try section.integer("http_max_concurrency", in: 1...1_000_000)
        try refuseReserved(&section, "repository", "bindle_server")
        try section.finish()
        return handler
    }

    /// A path or a `file://` URL.
    private static func modulePath(_ section: inout TOMLSection) throws(TOMLError) -> String {
        let text = try section.requiredString("module")
        guard !text.isEmpty else { throw section.error("'module' is empty", atValueOf: "module") }
        guard let scheme = text.firstRange(of: "://").map({ text[..<$0.lowerBound] }) else {
            if text.hasPrefix("bindle:") {
                throw section.error(
                    "modules from bindles cannot stand in modules.toml: serve the bindle with --bindle",
                    atValueOf: "module")
            }
            return text
        }
        switch scheme {
        case "file":
            let rest = text.dropFirst("file://".count)
            let path = rest.hasPrefix("localhost/") ? rest.dropFirst("localhost".count) : rest
            guard path.hasPrefix("/"), let decoded = PercentEncoding.decode(path) else {
                throw section.error(
                    "'\(text)' is not the URL of a file, like file:///srv/module.wasm", atValueOf: "module")
            }
            return decoded
        case "oci":
            throw section.error(
                "modules from OCI registries are not supported: fetch the module, and name its file",
                atValueOf: "module")
        default:
            throw section.error(
                "'\(scheme)' URLs are not supported: a module is a path or a file:// URL", atValueOf: "module")
        }
    }

    private static func refuseReserved(_ section: inout TOMLSection, _ keys: String...) throws(TOMLError) {
        for key in keys where try section.string(key) != nil {
            throw section.error("'\(key)' is reserved and has no meaning yet", atKey: key)
        }
    }
}
