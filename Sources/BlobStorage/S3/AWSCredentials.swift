import Platform

/// Who one is to S3, as AWS's own tools are told: by variables of the environment, or by `~/.aws/credentials` and
/// `~/.aws/config`. No service is asked.
package struct AWSCredentials: Hashable, Sendable {
    let accessKey: String
    let secretKey: String
    let sessionToken: String?

    init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
    }
}

/// What AWS's tools are told by variables and files.
struct AWSSettings: Hashable, Sendable {
    var credentials: AWSCredentials?
    var region: String
    /// Where the service is, if it is not AWS's own.
    var endpoint: String?
    /// A file of certificates that are trusted instead of the system's.
    var authorities: String?
    /// The name of the profile in the files.
    let profile: String

    init(environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let home = environment["HOME"] ?? ""
        let name = value("AWS_PROFILE") ?? "default"
        let shared = Self.read(value("AWS_SHARED_CREDENTIALS_FILE") ?? "\(home)/.aws/credentials")[name] ?? [:]
        let file = Self.read(value("AWS_CONFIG_FILE") ?? "\(home)/.aws/config")
        let config =
            file[name == "default" ? name : "profile \(name)"] ?? (name == "default" ? file["profile default"] : nil)
            ?? [:]
        profile = name
        region = value("AWS_REGION") ?? value("AWS_DEFAULT_REGION") ?? config["region"] ?? "us-east-1"
        endpoint = value("AWS_ENDPOINT_URL_S3") ?? value("AWS_ENDPOINT_URL") ?? config["endpoint_url"]
        authorities = value("AWS_CA_BUNDLE") ?? config["ca_bundle"]
        // The pair of one source: never a key of one and the secret of another.
        if let key = value("AWS_ACCESS_KEY_ID"), let secret = value("AWS_SECRET_ACCESS_KEY") {
            credentials = AWSCredentials(accessKey: key, secretKey: secret, sessionToken: value("AWS_SESSION_TOKEN"))
        } else {
            credentials = Self.credentials(shared) ?? Self.credentials(config)
        }
    }

    private static func credentials(_ section: [String: String]) -> AWSCredentials? {
        guard let key = section["aws_access_key_id"], let secret = section["aws_secret_access_key"] else { return nil }
        return AWSCredentials(accessKey: key, secretKey: secret, sessionToken: section["aws_session_token"])
    }

    private static func read(_ path: String) -> [String: [String: String]] {
        guard let text = try? FileReader.text(of: path, limit: 1 << 20) else { return [:] }
        return parse(text)
    }

    /// The sections of a file, with their names and values. Lines that are indented belong to the value above, and are
    /// passed over.
    static func parse(_ text: String) -> [String: [String: String]] {
        var sections: [String: [String: String]] = [:]
        var section: String?
        for line in text.split(whereSeparator: \.isNewline) where line.first?.isWhitespace == false {
            if line.first == "[" {
                let name = line.dropFirst().prefix { $0 != "]" }
                section = name.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            } else if line.first != "#", line.first != ";", let section, let equals = line.firstIndex(of: "=") {
                let name = line[..<equals].filter { !$0.isWhitespace }.lowercased()
                let value = line[line.index(after: equals)...].split(whereSeparator: \.isWhitespace)
                sections[section, default: [:]][name] = value.joined(separator: " ")
            }
        }
        return sections
    }
}
