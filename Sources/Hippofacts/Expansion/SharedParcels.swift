import Bindle

/// Parcels that several entries may need: the same name and content is one parcel, member of all their groups.
struct SharedParcels {
    private struct Key: Hashable {
        let name: String
        let digest: String
    }

    private(set) var parcels: [Parcel] = []
    private var places: [Key: Int] = [:]

    mutating func add(_ label: Label, memberOf group: String) {
        let key = Key(name: label.name, digest: label.sha256)
        guard let place = places[key] else {
            places[key] = parcels.count
            parcels.append(Parcel(label: label, conditions: Conditions(memberOf: [group])))
            return
        }
        guard !parcels[place].memberOf.contains(group) else { return }
        parcels[place].conditions?.memberOf.append(group)
    }
}

/// Which matched files belong to which groups, by number: there may be many thousands of files.
struct FileMembership {
    private(set) var groupNames: [String] = []
    /// The groups of each file, in the order in which they named it.
    private(set) var groups: [[Int]]
    /// The files that belong to some group, in the order in which they were first named.
    private(set) var order: [Int] = []

    init(fileCount: Int) {
        groups = Array(repeating: [], count: fileCount)
        order.reserveCapacity(fileCount)
    }

    mutating func group(named name: String) -> Int {
        if let number = groupNames.firstIndex(of: name) { return number }
        groupNames.append(name)
        return groupNames.count - 1
    }

    mutating func add(_ file: Int, to group: Int) {
        if groups[file].isEmpty { order.append(file) }
        if groups[file].last != group, !groups[file].contains(group) { groups[file].append(group) }
    }
}
