import Cryptography

extension Invoice {
    /// Checks what a new invoice must not have: see ``InvoiceRule``. It costs little; see `oddities` for the rest.
    /// - Throws: The first problem, with the place of the offending value.
    package func validate() throws(InvoiceProblem) {
        try validateLabels(of: parcels.indices)
    }

    /// Checks what these changes have brought, given that the invoice before them is valid. What `validate()` finds,
    /// this finds, except that a digest has another size than a parcel that stays gives it.
    func validate(_ changes: ParcelChanges) throws(InvoiceProblem) {
        for places in changes.replacements.map(\.new) { try validateLabels(of: places) }
    }

    private func validateLabels(of places: Range<Int>) throws(InvoiceProblem) {
        var sizes: [SHA256Digest: Int] = [:]
        sizes.reserveCapacity(places.count)
        for index in places {
            if let oddity = labelOddity(at: index, &sizes) { throw oddity.problem }
        }
    }

    /// Why a parcel's label is refused.
    /// - Parameter sizes: The sizes of the digests that came before.
    private func labelOddity(at index: Int, _ sizes: inout [SHA256Digest: Int]) -> InvoiceOddity? {
        let label = parcels[index].label
        func oddity(_ rule: InvoiceRule, _ key: String, _ message: String) -> InvoiceOddity {
            InvoiceOddity(
                rule: rule,
                problem: InvoiceProblem(at: ["parcel", .index(index), "label", .key(key)], message))
        }
        guard let digest = SHA256Digest(hex: label.sha256) else {
            return oddity(
                .malformedDigest, "sha256",
                "'\(label.sha256)' is not a SHA-256 digest: 64 lower-case hexadecimal digits are wanted")
        }
        guard label.size >= 0 else { return oddity(.negativeSize, "size", "the size \(label.size) is negative") }
        if let size = sizes.updateValue(label.size, forKey: digest), size != label.size {
            return oddity(
                .contradictorySizes, "size",
                "the parcel \(digest) has another size, \(label.size), than where the invoice names it first")
        }
        return nil
    }

    // MARK: - All that is odd

    /// What whoever creates the invoice should know.
    package var warnings: [InvoiceProblem] { oddities.filter { $0.rule.verdict == .warned }.map(\.problem) }

    /// All that is odd about the invoice, in the order of the rules.
    package var oddities: [InvoiceOddity] {
        var oddities: [InvoiceOddity] = []
        if bindleVersion != Self.supportedBindleVersion {
            oddities.append(
                InvoiceOddity(
                    rule: .otherBindleVersion,
                    problem: InvoiceProblem(
                        at: ["bindleVersion"],
                        "the bindleVersion '\(bindleVersion)' is read as \(Self.supportedBindleVersion)")))
        }
        oddities += groupOddities + conditionOddities + circleOddities
        var sizes: [SHA256Digest: Int] = [:]
        for (index, parcel) in parcels.enumerated() {
            if parcel.label.name.isEmpty {
                oddities.append(
                    InvoiceOddity(
                        rule: .unnamedParcel,
                        problem: InvoiceProblem(
                            at: ["parcel", .index(index), "label", "name"], "a parcel's name is empty")))
            }
            if let oddity = labelOddity(at: index, &sizes) { oddities.append(oddity) }
        }
        return oddities
    }

    private var groupOddities: [InvoiceOddity] {
        var oddities: [InvoiceOddity] = []
        var names = Set<NameBytes>()
        for (index, group) in groups.enumerated() {
            func add(_ rule: InvoiceRule, _ key: InvoicePathElement, _ message: String) {
                oddities.append(
                    InvoiceOddity(
                        rule: rule, problem: InvoiceProblem(at: ["group", .index(index), key], message)))
            }
            if group.name.isEmpty { add(.unnamedGroup, "name", "a group's name is empty") }
            if !names.insert(NameBytes(group.name)).inserted {
                add(.repeatedGroup, "name", "there are two groups named '\(group.name)'")
            }
            if case .other(let text)? = group.satisfiedBy {
                add(.otherSatisfaction, "satisfiedBy", "'\(text)' is none of allOf, oneOf, optional; it means allOf")
            }
        }
        return oddities
    }

    private var conditionOddities: [InvoiceOddity] {
        var oddities: [InvoiceOddity] = []
        let names = Set(groups.map { NameBytes($0.name) })
        for (index, parcel) in parcels.enumerated() {
            for (key, list) in [("memberOf", parcel.memberOf), ("requires", parcel.requires)] {
                for (position, name) in list.enumerated() where !names.contains(NameBytes(name)) {
                    let problem = InvoiceProblem(
                        at: ["parcel", .index(index), "conditions", .key(key), .index(position)],
                        "the parcel '\(parcel.label.name)' names the group '\(name)', which the invoice does not have")
                    oddities.append(InvoiceOddity(rule: .undeclaredGroup, problem: problem))
                }
            }
        }
        return oddities
    }

    /// A group requires what its members require. The first circle of groups that require each other is told.
    private var circleOddities: [InvoiceOddity] {
        var requirements: [String: [String]] = [:]
        for parcel in parcels where !parcel.requires.isEmpty {
            for group in parcel.memberOf { requirements[group, default: []] += parcel.requires }
        }
        /// Groups from which no circle can be reached.
        var settled = Set<String>()
        let declared = groups.map(\.name)
        for name in declared + requirements.keys.sorted() where !settled.contains(name) {
            // Depth first, without recursion: invoices come from outside, and a chain of groups may be long.
            var path = [(name: name, remaining: requirements[name, default: []][...])]
            var onPath: Set<String> = [name]
            while let current = path.last {
                guard let next = path[path.count - 1].remaining.popFirst() else {
                    settled.insert(current.name)
                    onPath.remove(current.name)
                    path.removeLast()
                    continue
                }
                if onPath.contains(next) {
                    let circle = path.map(\.name).drop { $0 != next } + [next]
                    let place: InvoicePath =
                        declared.firstIndex(of: name).map { ["group", .index($0), "name"] } ?? ["group"]
                    let problem = InvoiceProblem(
                        at: place, "groups require each other in a circle: " + circle.joined(separator: " → "))
                    return [InvoiceOddity(rule: .circularGroups, problem: problem)]
                }
                if !settled.contains(next) {
                    onPath.insert(next)
                    path.append((next, requirements[next, default: []][...]))
                }
            }
        }
        return []
    }
}
