import Bindle
import ControlPage

/// Channels that nobody runs.
struct StoredChannels: ChannelControl {
    let store: BindleStore

    func channels() throws(StoreError) -> [ChannelStatus] {
        var statuses: [ChannelStatus] = []
        for channel in try store.channels() { statuses.append(try status(of: channel)) }
        return statuses
    }

    func change(_ key: ChannelKey, _ change: ChannelChange) throws -> (status: ChannelStatus, isNew: Bool) {
        let channels = try store.channels()
        let channel = try change.apply(to: key, among: channels)
        try store.put(channel)
        return (try status(of: channel), !channels.contains { ChannelKey($0) == key })
    }

    func remove(_ key: ChannelKey) throws(StoreError) { try store.removeChannel(app: key.app, name: key.name) }

    func environment() throws(StoreError) -> EnvironmentReport {
        EnvironmentReport(app: .init(channel: nil, variables: [], data: nil), channels: [], dataLimit: nil)
    }

    private func status(of channel: Channel) throws(StoreError) -> ChannelStatus {
        ChannelStatus(
            channel: channel, url: nil, release: try store.release(of: channel), condition: .idle, data: nil)
    }
}
