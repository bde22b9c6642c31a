import Bindle

/// Parcels that several entries may need: the same name and content is one parcel, member of all their groups.
struct SharedParcels {
    private struct Key: Hashable {
        /// Bytes, which is what tells names apart.
        let name: [UInt8]
        let digest: String
    }

    private(set) var parcels: [Parcel] = []
    private var indices: [Key: Int] = [:]

    mutating func add(_ label: Label, memberOf group: String) {
        let key = Key(name: Array(label.name.utf8), digest: label.sha256)
        guard let index = indices[key] else {
            indices[key] = parcels.count
            parcels.append(Parcel(label: label, conditions: Conditions(memberOf: [group])))
            return
        }
        guard !parcels[index].memberOf.contains(group) else { return }
        parcels[index].conditions?.memberOf.append(group)
    }
}
