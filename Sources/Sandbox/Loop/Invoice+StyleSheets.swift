import Bindle

extension Invoice {
    /// The paths of the style sheets whose content differs from that in another invoice.
    ///
    /// It takes as long as there are changes, if one has come out of the other.
    ///
    /// - Returns: `nil` unless the invoices are the same in everything else, so that pages need nothing but these anew.
    func styleSheets(differingFrom other: Invoice) -> [String]? {
        guard let indexes = parcels.indexes(differingFrom: other.parcels) else { return nil }
        var paths: [String] = []
        for index in indexes {
            let (new, old) = (parcels[index], other.parcels[index])
            guard new.label.name == old.label.name, new.label.name.hasSuffix(".css") else { return nil }
            var unchanged = new
            unchanged.label.sha256 = old.label.sha256
            unchanged.label.size = old.label.size
            guard unchanged == old else { return nil }
            paths.append(new.label.name)
        }
        // Of the same chunks, so that these are not compared again.
        var counterpart = other
        counterpart.parcels = parcels
        return counterpart == self && !paths.isEmpty ? paths : nil
    }
}
