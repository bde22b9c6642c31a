import Cryptography

extension Invoice {
    /// Checks what the shape of an invoice does not say: that its format version and name are ones, its digests are
    /// digests, its groups exist, and neither groups nor requirements go round in circles.
    /// - Throws: The first problem, with the place of the offending value.
    package func validate() throws(InvoiceProblem) {
        guard bindleVersion == Self.supportedBindleVersion else {
            throw InvoiceProblem(
                at: ["bindleVersion"],
                "unsupported bindleVersion '\(bindleVersion)': only \(Self.supportedBindleVersion) is known")
        }
        try validateGroupNames()
        try validateLabels(of: parcels.indices)
        try validateConditions(of: parcels.indices)
        try validateRequirementsEnd()
    }

    /// Checks what these changes have brought, given that the invoice before them is valid. What `validate()` finds,
    /// this finds, except that a digest has another size than a parcel that stays gives it.
    func validate(_ changes: ParcelChanges, after old: Invoice) throws(InvoiceProblem) {
        guard bindleVersion == old.bindleVersion, groups == old.groups else { return try validate() }
        for places in changes.replacements.map(\.new) {
            // Only a parcel that is in a group and requires others can close a circle.
            guard !parcels[places].contains(where: { !$0.memberOf.isEmpty && !$0.requires.isEmpty }) else {
                return try validate()
            }
            try validateLabels(of: places)
            try validateConditions(of: places)
        }
    }

    private func validateGroupNames() throws(InvoiceProblem) {
        var names = Set<NameBytes>()
        for (index, group) in groups.enumerated() {
            let place: InvoicePath = ["group", .index(index), "name"]
            guard !group.name.isEmpty else { throw InvoiceProblem(at: place, "a group's name is empty") }
            guard names.insert(NameBytes(group.name)).inserted else {
                throw InvoiceProblem(at: place, "there are two groups named '\(group.name)'")
            }
        }
    }

    private func validateLabels(of places: Range<Int>) throws(InvoiceProblem) {
        var sizes: [SHA256Digest: Int] = [:]
        sizes.reserveCapacity(places.count)
        for index in places {
            let label = parcels[index].label
            func problem(_ key: String, _ message: String) -> InvoiceProblem {
                InvoiceProblem(at: ["parcel", .index(index), "label", .key(key)], message)
            }
            guard let digest = SHA256Digest(hex: label.sha256) else {
                throw problem(
                    "sha256", "'\(label.sha256)' is not a SHA-256 digest: 64 lower-case hexadecimal digits are wanted")
            }
            guard label.size >= 0 else { throw problem("size", "the size \(label.size) is negative") }
            guard !label.name.isEmpty else { throw problem("name", "a parcel's name is empty") }
            if let size = sizes.updateValue(label.size, forKey: digest), size != label.size {
                throw problem(
                    "size",
                    "the parcel \(digest) has another size, \(label.size), than where the invoice names it first")
            }
        }
    }

    private func validateConditions(of places: Range<Int>) throws(InvoiceProblem) {
        let names = Set(groups.map { NameBytes($0.name) })
        for index in places {
            let parcel = parcels[index]
            for (key, list) in [("memberOf", parcel.memberOf), ("requires", parcel.requires)] {
                for (position, name) in list.enumerated() where !names.contains(NameBytes(name)) {
                    throw InvoiceProblem(
                        at: ["parcel", .index(index), "conditions", .key(key), .index(position)],
                        "the parcel '\(parcel.label.name)' names the group '\(name)', which the invoice does not have")
                }
            }
        }
    }

    /// A group requires what its members require. No group may require itself, directly or through others.
    private func validateRequirementsEnd() throws(InvoiceProblem) {
        var requirements: [NameBytes: [NameBytes]] = [:]
        for parcel in parcels where !parcel.requires.isEmpty {
            for group in parcel.memberOf {
                requirements[NameBytes(group), default: []] += parcel.requires.map(NameBytes.init)
            }
        }
        /// Groups from which no circle can be reached.
        var settled = Set<NameBytes>()
        for (index, group) in groups.map({ NameBytes($0.name) }).enumerated() where !settled.contains(group) {
            // Depth first, without recursion: invoices come from outside, and a chain of groups may be long.
            var path = [(name: group, remaining: requirements[group, default: []][...])]
            var onPath: Set<NameBytes> = [group]
            while let current = path.last {
                guard let next = path[path.count - 1].remaining.popFirst() else {
                    settled.insert(current.name)
                    onPath.remove(current.name)
                    path.removeLast()
                    continue
                }
                if onPath.contains(next) {
                    let circle = path.map(\.name).drop { $0 != next } + [next]
                    throw InvoiceProblem(
                        at: ["group", .index(index), "name"],
                        "groups require each other in a circle: " + circle.map(\.text).joined(separator: " → "))
                }
                if !settled.contains(next) {
                    onPath.insert(next)
                    path.append((next, requirements[next, default: []][...]))
                }
            }
        }
    }
}
