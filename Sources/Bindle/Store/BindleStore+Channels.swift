extension BindleStore {
    /// All channels, by app and name.
    package func channels() throws(StoreError) -> [Channel] {
        try snapshot { (connection) throws(StoreError) in try ChannelTable.all(on: connection) }
    }

    /// Puts a channel in, in the place of the one of its app and name.
    /// - Throws: `StoreError.noSuchRelease` if it pins one that is not there; `.notAnApp` for an app that no bindle can be of.
    package func put(_ channel: Channel) throws(StoreError) {
        guard BindleID.isName(channel.app) else { throw .notAnApp(channel.app) }
        try pool.write { (connection) throws(StoreError) in
            try connection.transaction { () throws(StoreError) in
                if case .pin(let version) = channel.selection,
                    let id = try? BindleID(name: channel.app, version: version),
                    try ReleaseTable.find(id, on: connection) == nil
                {
                    throw .noSuchRelease(id)
                }
                try ChannelTable.put(channel, on: connection)
            }
        }
    }

    /// - Throws: `StoreError.noSuchChannel`.
    package func removeChannel(app: String, name: String) throws(StoreError) {
        try pool.write { (connection) throws(StoreError) in
            try connection.transaction { () throws(StoreError) in
                guard try ChannelTable.remove(app: app, name: name, on: connection) else {
                    throw .noSuchChannel(app: app, name: name)
                }
            }
        }
    }

    /// The release that a channel serves now; `nil` while its range has none.
    package func release(of channel: Channel) throws(StoreError) -> Release? {
        try snapshot { (connection) throws(StoreError) in
            switch channel.selection {
            case .range(let range):
                return try ReleaseTable.newest(named: channel.app, in: range, on: connection)
            case .pin(let version):
                guard let id = try? BindleID(name: channel.app, version: version) else { return nil }
                return try ReleaseTable.find(id, on: connection)?.release
            }
        }
    }
}
