/// Where content is: the state of a bindle that was, or is.
struct ContentLocation {
    /// The ID of the bindle that has the state.
    let id: BindleID
    let state: KeptStates.State
    /// The revision that it is of, as far as that is known.
    let revision: Int?

    init(_ reference: ContentReference, on connection: SQLiteConnection) throws(StoreError) {
        switch reference {
        case .revision(let number):
            let row = try RevisionTable.find(number, on: connection)
            id = row.revision.id
            state = KeptStates.State(bindle: row.bindle, number: row.state)
            revision = number
        case .release(let releaseID):
            guard let row = try ReleaseTable.find(releaseID, on: connection) else { throw .noSuchRelease(releaseID) }
            id = releaseID
            state = row.state
            revision = row.release.revision
        case .bindle(let bindleID):
            guard let row = try BindleTable.find(bindleID, on: connection) else { throw .noSuchBindle(bindleID) }
            guard !row.isYanked else { throw .yanked(bindleID) }
            id = bindleID
            state = KeptStates.State(bindle: row.number, number: row.state)
            revision = nil
        }
    }
}
