import JSON

/// What handlers have in their environments, and where they keep what they write: for people, who are not shown secrets.
package struct EnvironmentReport: Sendable {
    package struct Variable: Hashable, Sendable {
        package let name: String
        package let value: String
        /// Where it comes from: `settings` for hippo-dev.toml and the command line, `.env`, or `channel`.
        package let source: String

        package init(name: String, value: String, source: String) {
            self.name = name
            self.value = value
            self.source = source
        }
    }

    /// The environment of the working copy's handlers, or of a channel's.
    package struct Environment: Sendable {
        /// `nil` for the working copy.
        package let channel: ChannelKey?
        package let variables: [Variable]
        /// The directory that handlers have as `/data`; `nil` for none.
        package let data: String?

        package init(channel: ChannelKey?, variables: [Variable], data: String?) {
            self.channel = channel
            self.variables = variables
            self.data = data
        }
    }

    package let app: Environment
    package let channels: [Environment]
    /// Bytes that handlers may keep in a data directory; `nil` for as many as there is room for.
    package let dataLimit: Int?

    package init(app: Environment, channels: [Environment], dataLimit: Int?) {
        self.app = app
        self.channels = channels
        self.dataLimit = dataLimit
    }

    var json: JSONObject {
        var object: JSONObject = [
            "app": .object(app.json), "channels": .array(channels.map { .object($0.json) }),
            "dotenv": .array(app.variables.filter { $0.source == ".env" }.map { .string($0.name) }),
        ]
        object["dataLimit"] = dataLimit.map { .integer($0) }
        return object
    }
}

extension EnvironmentReport.Environment {
    fileprivate var json: JSONObject {
        var object: JSONObject = [
            "variables": .array(
                variables.map { variable in
                    let isSecret = Masking(isOn: true).hides(variable: variable.name)
                    return .object([
                        "name": .string(variable.name), "value": .string(isSecret ? Masking.text : variable.value),
                        "secret": .boolean(isSecret), "source": .string(variable.source),
                    ])
                })
        ]
        if let channel {
            object["app"] = .string(channel.app)
            object["name"] = .string(channel.name)
        }
        object["data"] = data.map { .string($0) }
        return object
    }
}
