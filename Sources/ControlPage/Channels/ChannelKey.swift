package import Bindle

/// What a channel is known by: its name is told apart within its app.
package struct ChannelKey: Hashable, Sendable, CustomStringConvertible {
    package let app: String
    package let name: String

    package init(app: String, name: String) {
        self.app = app
        self.name = name
    }

    package init(_ channel: Channel) {
        self.init(app: channel.app, name: channel.name)
    }

    package var description: String { "\(app)/\(name)" }
}
