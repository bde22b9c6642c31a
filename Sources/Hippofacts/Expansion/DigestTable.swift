import Bindle
import Content
import Platform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The digests of files, in the order of their paths' bytes. It takes a few allocations, however many files there are.
struct DigestTable: Sendable {
    struct Entry: Sendable {
        let identity: FileIdentity
        let digest: SHA256Digest
        /// The file was written so shortly before it was read that another write could have left the same time.
        let isRacy: Bool
    }

    private struct Row: Sendable {
        let entry: Entry
        let pathStart: UInt32
        let pathLength: UInt32
    }

    /// All paths, one after the other.
    private var paths: [UInt8] = []
    private var rows: [Row] = []

    var count: Int { rows.count }

    mutating func reserve(_ count: Int) {
        rows.reserveCapacity(count)
        paths.reserveCapacity(count * 24)
    }

    /// Adds a file whose path comes after those of all others. False if there is no more room for paths (4 GiB).
    @discardableResult
    mutating func append(_ path: UnsafeBufferPointer<UInt8>, _ entry: Entry) -> Bool {
        guard paths.count + path.count <= UInt32.max else { return false }
        rows.append(Row(entry: entry, pathStart: UInt32(paths.count), pathLength: UInt32(path.count)))
        paths.append(contentsOf: path)
        return true
    }

    /// The entry of a path, if there is one.
    subscript(path: RelativePath) -> Entry? {
        path.withUTF8 { path in
            var (low, high) = (0, rows.count)
            while low < high {
                let middle = (low + high) / 2
                let order = compare(middle, path)
                if order == 0 { return rows[middle].entry }
                if order < 0 { low = middle + 1 } else { high = middle }
            }
            return nil
        }
    }

    /// Goes along with paths that come in order: the entry of the next one, if it has one.
    ///
    /// - Parameter position: where the last call has come to; 0 at first.
    func next(_ path: RelativePath, from position: inout Int) -> Entry? {
        path.withUTF8 { path in
            while position < rows.count {
                let order = compare(position, path)
                if order > 0 { return nil }
                position += 1
                if order == 0 { return rows[position - 1].entry }
            }
            return nil
        }
    }

    /// Calls `body` with all, in order.
    func forEach(_ body: (UnsafeBufferPointer<UInt8>, Entry) -> Void) {
        paths.withUnsafeBufferPointer { paths in
            for row in rows {
                let end = Int(row.pathStart) + Int(row.pathLength)
                body(UnsafeBufferPointer(rebasing: paths[Int(row.pathStart)..<end]), row.entry)
            }
        }
    }

    /// Less than zero if the path of a row comes before the other one.
    private func compare(_ row: Int, _ path: UnsafeBufferPointer<UInt8>) -> Int {
        let row = rows[row]
        return paths.withUnsafeBufferPointer { paths in
            let shorter = min(Int(row.pathLength), path.count)
            guard shorter > 0 else { return Int(row.pathLength) - path.count }
            let order = memcmp(paths.baseAddress! + Int(row.pathStart), path.baseAddress!, shorter)
            return order != 0 ? Int(order) : Int(row.pathLength) - path.count
        }
    }
}
