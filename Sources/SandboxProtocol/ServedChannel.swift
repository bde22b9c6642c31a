package import JSON

/// The channel whose process has answered a request or written a line, and what it serves.
package struct ServedChannel: Hashable, Sendable {
    /// `APP/CHANNEL`.
    package let name: String
    /// The release, as `NAME/VERSION`; `nil` for a process that serves none.
    package var release: String?

    package init(name: String, release: String? = nil) {
        self.name = name
        self.release = release
    }
}

extension ServedChannel {
    /// The members by which an object tells of the channel.
    package func forEachMember(_ body: (String, JSONValue) -> Void) {
        body("channel", .string(name))
        if let release { body("release", .string(release)) }
    }

    /// `nil` if the object tells of none.
    package init?(json: JSONObject) {
        guard let name = json["channel"]?.string else { return nil }
        self.init(name: name, release: json["release"]?.string)
    }
}
