package import Bindle

/// The channels in a store on which no sandbox runs: they can be listed and changed, and nothing serves them.
package struct StoredChannels: ChannelControl {
    private let store: BindleStore
    private let appHosts: [String]

    /// - Parameter appHosts: the further hosts at which the working copy is served.
    package init(_ store: BindleStore, appHosts: [String]) {
        self.store = store
        self.appHosts = appHosts
    }

    package func channels() throws(StoreError) -> [ChannelStatus] {
        var statuses: [ChannelStatus] = []
        for channel in try store.channels() { statuses.append(try status(of: channel)) }
        return statuses
    }

    package func change(_ key: ChannelKey, _ change: ChannelChange) throws -> (status: ChannelStatus, isNew: Bool) {
        let channels = try store.channels()
        let channel = try change.apply(to: key, among: channels, appHosts: appHosts)
        try store.put(channel)
        return (try status(of: channel), !channels.contains { ChannelKey($0) == key })
    }

    package func remove(_ key: ChannelKey) throws(StoreError) -> ChannelStatus {
        guard let channel = try store.channels().first(where: { ChannelKey($0) == key }) else {
            throw .noSuchChannel(app: key.app, name: key.name)
        }
        let status = try status(of: channel)
        try store.removeChannel(app: key.app, name: key.name)
        return status
    }

    package func environment() throws(StoreError) -> EnvironmentReport? { nil }

    private func status(of channel: Channel) throws(StoreError) -> ChannelStatus {
        ChannelStatus(
            channel: channel, url: nil, release: try store.release(of: channel), condition: nil, data: nil)
    }
}
