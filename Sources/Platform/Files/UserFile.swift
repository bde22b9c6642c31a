/// All that the program keeps for a user outside of projects, each thing in a file or a directory of its own.
///
/// Whoever writes there takes the path from here, so that `hippo-dev self` can name all of it, and remove it.
package enum UserFile: CaseIterable, Sendable {
    /// What logging in has left.
    case credentials
    /// Tokens of stores that others can reach, by store.
    case tokens
    /// Accounts of those who publish to stores, by store.
    case accounts
    /// The list of the projects that were served.
    case projects
    /// The key that signs invoices as host.
    case hostKey
    /// The certificate of the user's own authority.
    case authority
    /// Its key.
    case authorityKey
    /// Which components were found to be valid: a directory in that of the user's caches.
    case validations

    /// The name in the directory that has it.
    package var name: String {
        switch self {
        case .credentials: "bindle.json"
        case .tokens: "tokens"
        case .accounts: "api"
        case .projects: "projects"
        case .hostKey: "host_key.toml"
        case .authority: "https_authority.pem"
        case .authorityKey: "https_authority_key.pem"
        case .validations: "hippo-dev"
        }
    }

    /// Where it is, whether it is there or not; absolute.
    package func path(_ environment: [String: String] = ProcessEnvironment.all) -> String {
        let directory =
            self == .validations ? Self.cacheDirectory(environment) : Self.settingsDirectory(environment)
        return "\(directory)/\(name)"
    }

    /// The program's directory for settings: `hippo` in the user's.
    package static func settingsDirectory(_ environment: [String: String] = ProcessEnvironment.all) -> String {
        configurationDirectory(environment) + "/hippo"
    }

    /// Where a user's settings are, by the XDG Base Directory Specification, for which a relative directory is not one.
    package static func configurationDirectory(_ environment: [String: String]) -> String {
        directory("XDG_CONFIG_HOME", usually: ".config", environment)
    }

    private static func cacheDirectory(_ environment: [String: String]) -> String {
        directory("XDG_CACHE_HOME", usually: ".cache", environment)
    }

    private static func directory(
        _ variable: String, usually name: String, _ environment: [String: String]
    ) -> String {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        return value(variable).flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? "\(value("HOME") ?? FilePath.homeDirectory)/\(name)"
    }
}
