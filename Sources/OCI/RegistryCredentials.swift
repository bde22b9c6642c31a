import JSON
import Platform

/// What the user's `config.json` of Docker's says of registries: `auths`, and that a helper is asked, which is not done here.
package struct RegistryCredentials: Sendable {
    private var basic: [String: String] = [:]
    private var hasHelper = false

    /// None for anybody.
    package init() {}

    /// Reads `$DOCKER_CONFIG/config.json`, or `~/.docker/config.json`; a file that is not there gives none.
    package init(environment: [String: String]) {
        let directory = environment["DOCKER_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        let path = (directory ?? FilePath.homeDirectory + "/.docker") + "/config.json"
        guard let text = try? FileReader.bytes(of: path, limit: 1 << 20) else {
            self.init()
            return
        }
        self.init(parsing: text)
    }

    /// Reads the text of a `config.json`. What is malformed gives none.
    package init(parsing text: [UInt8]) {
        guard let document = (try? JSONValue(parsing: text))?.object else { return }
        hasHelper = document["credsStore"] != nil || document["credHelpers"] != nil
        for member in document["auths"]?.object?.members ?? [] {
            guard let entry = member.value.object else { continue }
            var host = member.name
            for scheme in ["https://", "http://"] where host.hasPrefix(scheme) {
                host = String(host.dropFirst(scheme.count))
            }
            host = String(host.prefix { $0 != "/" })
            if let auth = entry["auth"]?.string, !auth.isEmpty { basic[host] = auth }
        }
    }

    /// The field `Authorization` for a host; `nil` if nothing is known of it.
    func field(for host: String) -> String? { basic[host].map { "Basic \($0)" } }

    /// What to do where a host asks for credentials.
    func hint(for host: String) -> String {
        if basic[host] != nil { return "it does not take what ~/.docker/config.json has for it" }
        return hasHelper
            ? "~/.docker/config.json leaves it to a helper, which is not asked: 'auths' there has to have it"
            : "'docker login \(host)' or 'skopeo login' puts into ~/.docker/config.json what it asks for"
    }
}
