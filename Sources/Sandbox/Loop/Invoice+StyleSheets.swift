import Bindle

extension Invoice {
    /// The paths of the style sheets whose content differs from that in another invoice.
    ///
    /// - Returns: `nil` unless the invoices are the same in everything else, so that pages need nothing but these anew.
    func styleSheets(differingFrom other: Invoice) -> [String]? {
        guard parcels.count == other.parcels.count else { return nil }
        var paths: [String] = []
        for (new, old) in zip(parcels, other.parcels) where new != old {
            guard new.label.name == old.label.name, new.label.name.hasSuffix(".css") else { return nil }
            var unchanged = new
            unchanged.label.sha256 = old.label.sha256
            unchanged.label.size = old.label.size
            guard unchanged == old else { return nil }
            paths.append(new.label.name)
        }
        var counterpart = other
        counterpart.parcels = parcels
        return counterpart == self && !paths.isEmpty ? paths : nil
    }
}
