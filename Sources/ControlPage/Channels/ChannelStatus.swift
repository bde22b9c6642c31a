package import Bindle
package import JSON

/// A channel, and what its process does.
package struct ChannelStatus: Sendable {
    package enum Condition: Hashable, Sendable {
        /// No process runs: the first request starts one.
        case idle
        /// A process loads the release.
        case starting
        /// The release with this ID serves.
        case serving(BindleID)
        /// Requests are told what is wrong: a sentence. What served before goes on serving if it is named.
        case failed(String, serving: BindleID?)
    }

    package let channel: Channel
    /// The URL at which it is served; `nil` where no sandbox runs.
    package let url: String?
    /// The release that it is to serve now; `nil` if none matches.
    package let release: Release?
    /// `nil` where no sandbox runs.
    package let condition: Condition?
    /// The directory that its handlers have as `/data`; `nil` for none.
    package let data: String?

    package init(channel: Channel, url: String?, release: Release?, condition: Condition?, data: String?) {
        self.channel = channel
        self.url = url
        self.release = release
        self.condition = condition
        self.data = data
    }

    /// The channel as an object. The values of secrets are masked.
    package var json: JSONObject {
        var object: JSONObject = ["app": .string(channel.app), "name": .string(channel.name)]
        switch channel.selection {
        case .range(let range): object["range"] = .string(range.text)
        case .pin(let version): object["pin"] = .string(version.description)
        }
        object["host"] = .string(channel.servedHost)
        object["hasOwnHost"] = .boolean(channel.host != nil)
        object["url"] = url.map { .string($0) }
        object["release"] = release.map { .string($0.id.description) }
        switch condition {
        case nil: break
        case .idle?: object["state"] = .string("idle")
        case .starting?: object["state"] = .string("starting")
        case .serving(let id)?:
            object["state"] = .string("serving")
            object["serving"] = .string(id.description)
        case .failed(let message, let id)?:
            object["state"] = .string("failed")
            object["error"] = .string(message)
            object["serving"] = id.map { .string($0.description) }
        }
        object["env"] = .object(channel.variables.masked)
        object["data"] = data.map { .string($0) }
        return object
    }
}

extension [Channel.Variable] {
    /// The values by name, those of secrets masked.
    package var masked: JSONObject {
        let masking = Masking(isOn: true)
        var values = JSONObject()
        for variable in self {
            values[variable.name] = .string(masking.hides(variable: variable.name) ? Masking.text : variable.value)
        }
        return values
    }
}
