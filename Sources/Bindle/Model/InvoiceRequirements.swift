/// Which parcels of an invoice need which others, by the groups that they require and belong to.
package struct InvoiceRequirements: Sendable {
    private let parcels: ParcelList
    /// The places of each group's parcels, in the order of the invoice.
    private let members: [NameBytes: [Int]]

    package init(_ invoice: Invoice) {
        parcels = invoice.parcels
        var members: [NameBytes: [Int]] = [:]
        for (place, parcel) in invoice.parcels.enumerated() {
            for group in parcel.memberOf { members[NameBytes(group), default: []].append(place) }
        }
        self.members = members
    }

    /// All parcels in the groups that `parcel` requires, directly or because a parcel in one of them requires further
    /// groups; each once, in the order of the invoice.
    package func parcels(requiredBy parcel: Parcel) -> [Parcel] {
        var reached = Set<NameBytes>()
        var pending = parcel.requires
        var places = Set<Int>()
        while let name = pending.popLast() {
            let group = NameBytes(name)
            guard reached.insert(group).inserted else { continue }
            for place in members[group] ?? [] where places.insert(place).inserted {
                pending += parcels[place].requires
            }
        }
        return places.sorted().map { parcels[$0] }
    }
}
