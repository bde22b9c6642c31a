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

    func remove(_ key: ChannelKey) throws(StoreError) -> ChannelStatus {
        guard let channel = try store.channels().first(where: { ChannelKey($0) == key }) else {
            throw .noSuchChannel(app: key.app, name: key.name)
        }
        let status = try status(of: channel)
        try store.removeChannel(app: key.app, name: key.name)
        return status
    }

    func environment() throws(StoreError) -> EnvironmentReport? { nil }

    private func status(of channel: Channel) throws(StoreError) -> ChannelStatus {
        ChannelStatus(
            channel: channel, url: nil, release: try store.release(of: channel), condition: .idle, data: nil)
    }
}
