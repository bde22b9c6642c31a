import Bindle
import Dispatch
import Synchronization

extension ParcelDirectory {
    /// Fetches those of the parcels that are not here.
    func fetch(_ labels: [Label], of id: BindleID, from source: some ParcelSource) throws(LoadError) {
        var seen = Set<String>()
        let missing = labels.filter { seen.insert($0.sha256).inserted && !contains($0) }
        let failure = Mutex<LoadError?>(nil)
        DispatchQueue.concurrentPerform(iterations: missing.count) { index in
            guard failure.withLock({ $0 == nil }) else { return }
            do {
                try write(missing[index]) { write in try source.read(missing[index], of: id, receive: write) }
            } catch {
                failure.withLock {
                    $0 = $0 ?? LoadError("the parcel '\(missing[index].name)' of \(id) cannot be fetched: \(error)")
                }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Fetches a parcel, whatever is here under its digest.
    func replace(_ label: Label, of id: BindleID, from source: some ParcelSource) throws(LoadError) {
        do {
            try write(label) { write in try source.read(label, of: id, receive: write) }
        } catch {
            throw LoadError("the parcel '\(label.name)' of \(id) cannot be fetched: \(error)")
        }
    }
}
