/// A parcel on its way out of a store. For one thread at a time.
package final class ParcelReader {
    package let mediaType: String
    /// The number of bytes.
    package let size: Int
    private let pool: ConnectionPool
    /// The connection that holds the snapshot, until the last piece is read.
    private var held: ConnectionPool.Held?
    private let parcel: Int64
    private var nextPosition = 0
    private var remaining: Int

    init(pool: ConnectionPool, held: ConnectionPool.Held, parcel: ParcelTable.Row, mediaType: String) {
        self.pool = pool
        self.held = held
        self.parcel = parcel.number
        self.mediaType = mediaType
        size = parcel.size
        remaining = parcel.size
        if size == 0 { close() }
    }

    deinit {
        close()
    }

    /// The next bytes, at most a megabyte of them; `nil` at the end.
    package func next() throws(StoreError) -> [UInt8]? {
        guard let held else { return nil }
        guard let piece = try ParcelTable.piece(nextPosition, of: parcel, on: held.connection),
            !piece.isEmpty, piece.count <= remaining
        else {
            throw .corrupt(path: pool.path, detail: "a parcel lacks its bytes from \(size - remaining) on")
        }
        nextPosition += 1
        remaining -= piece.count
        if remaining == 0 { close() }
        return piece
    }

    /// All bytes; for parcels that are known to be small.
    package func readAll() throws(StoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try next() { bytes += piece }
        return bytes
    }

    /// Ends the reading early.
    package func close() {
        guard let held else { return }
        self.held = nil
        held.connection.rollBack()
        pool.giveBack(held)
    }
}
