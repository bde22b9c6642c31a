package import Bindle
package import JSON

/// What is to become of a channel: what is not said stays as it is.
package struct ChannelChange: Hashable, Sendable {
    package enum Host: Hashable, Sendable {
        /// The one that follows from the names.
        case usual
        case named(String)
    }

    /// By default, a new channel serves the newest release there is.
    package var selection: Channel.Selection?
    package var host: Host?
    /// Values by name; `nil` for a variable that goes.
    package var variables: [(name: String, value: String?)] = []

    package init() {}

    package static func == (left: ChannelChange, right: ChannelChange) -> Bool {
        left.selection == right.selection && left.host == right.host
            && left.variables.elementsEqual(right.variables) { $0 == $1 }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(selection)
        hasher.combine(host)
        for (name, value) in variables {
            hasher.combine(name)
            hasher.combine(value)
        }
    }
}

/// Why a channel cannot become what it is to become.
package struct ChannelProblem: Error, Hashable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// What was asked for makes no sense.
        case invalid
        /// Another one has what it needs.
        case clash
    }

    package let kind: Kind
    /// One sentence, without a capital and a full stop.
    package let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

extension ChannelChange {
    /// Channel names have at most so many characters.
    private static let longestName = 63

    /// The channel as it becomes.
    ///
    /// - Parameters:
    ///   - channels: all that there are.
    ///   - appHosts: further hosts at which the working copy is served.
    package func apply(
        to key: ChannelKey, among channels: [Channel], appHosts: [String] = []
    ) throws(ChannelProblem) -> Channel {
        guard BindleID.isName(key.app) else { throw ChannelProblem(.invalid, "no app can be called '\(key.app)'") }
        guard Self.isName(key.name) else {
            throw ChannelProblem(
                .invalid,
                "'\(key.name)' is no name for a channel: it has letters, digits, '-', '_' and '.', begins with a letter or a "
                    + "digit, and has at most \(Self.longestName) characters")
        }
        var channel =
            channels.first { ChannelKey($0) == key }
            ?? Channel(app: key.app, name: key.name, selection: .range(.everything))
        channel.selection = selection ?? channel.selection
        switch host {
        case nil: break
        case .usual?: channel.host = nil
        case .named(let name)?:
            let name = name.lowercased()
            guard ChannelHost.isName(name) else {
                throw ChannelProblem(
                    .invalid,
                    "'\(name)' is no name of a host: give one such as stable.example.localhost, without a port")
            }
            channel.host = name == ChannelHost.usual(key) ? nil : name
        }
        for (name, value) in variables {
            guard !name.isEmpty, !name.contains("="), !name.contains("\0"), value?.contains("\0") != true else {
                throw ChannelProblem(.invalid, "'\(name)' is no name for a variable, or its value has a zero byte")
            }
            channel.variables.removeAll { $0.name == name }
            if let value { channel.variables.append(Channel.Variable(name: name, value: value)) }
        }
        try Self.check(channel, among: channels, appHosts)
        return channel
    }

    /// Whether a channel may be called so. The name is safe as that of a directory.
    package static func isName(_ name: String) -> Bool {
        func isAlphanumeric(_ character: Character) -> Bool {
            character.isASCII && (character.isLetter || character.isNumber)
        }
        return name.count <= longestName && (name.first.map(isAlphanumeric) ?? false)
            && name.allSatisfy { isAlphanumeric($0) || "-_.".contains($0) }
    }

    private static func check(
        _ channel: Channel, among channels: [Channel], _ appHosts: [String]
    ) throws(ChannelProblem) {
        let host = channel.servedHost
        guard ChannelHost.isName(host) else {
            throw ChannelProblem(
                .invalid, "the name '\(channel.app)' is too long for a host: name another one by --host")
        }
        guard host != "localhost", !appHosts.contains(where: { $0.lowercased() == host }) else {
            throw ChannelProblem(.clash, "the app itself is served at \(host): name another host by --host")
        }
        let others = channels.filter { ChannelKey($0) != ChannelKey(channel) }
        if let other = others.first(where: { $0.servedHost == host }) {
            throw ChannelProblem(
                .clash, "channel \(other.name) of \(other.app) is served at \(host): name another host by --host")
        }
    }
}

// MARK: JSON

extension ChannelChange {
    package static let members: Set<String> = ["range", "pin", "host", "env"]

    /// The change as an object, as `init(json:)` reads it.
    package var json: JSONObject {
        var object = JSONObject()
        switch selection {
        case nil: break
        case .range(let range)?: object["range"] = .string(range.text)
        case .pin(let version)?: object["pin"] = .string(version.description)
        }
        switch host {
        case nil: break
        case .usual?: object["host"] = .null
        case .named(let name)?: object["host"] = .string(name)
        }
        if !variables.isEmpty {
            var values = JSONObject()
            for (name, value) in variables { values[name] = value.map { .string($0) } ?? .null }
            object["env"] = .object(values)
        }
        return object
    }

    package init(json: JSONObject) throws(ChannelProblem) {
        self.init()
        switch (json["range"], json["pin"]) {
        case (nil, nil): break
        case (let range?, nil):
            guard let text = range.string, let range = try? VersionRange(text) else {
                throw ChannelProblem(.invalid, "'range' is a range of versions such as ^1.2.0")
            }
            selection = .range(range)
        case (nil, let pin?):
            guard let version = pin.string.flatMap({ SemanticVersion($0) }) else {
                throw ChannelProblem(.invalid, "'pin' is a version such as 1.2.0")
            }
            selection = .pin(version)
        case (_?, _?): throw ChannelProblem(.invalid, "a channel has either a 'range' or a 'pin'")
        }
        switch json["host"] {
        case nil: break
        case .null?: host = .usual
        case .string(let name)?: host = .named(name)
        default: throw ChannelProblem(.invalid, "'host' is the name of a host, or null for the usual one")
        }
        guard let values = json["env"] else { return }
        guard let values = values.object else {
            throw ChannelProblem(.invalid, "'env' is an object with the values of variables")
        }
        for member in values.members {
            switch member.value {
            case .null: variables.append((member.name, nil))
            case .string(let text): variables.append((member.name, text))
            default:
                throw ChannelProblem(
                    .invalid, "the value of '\(member.name)' in 'env' is a string, or null to remove it")
            }
        }
    }
}
