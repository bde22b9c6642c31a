extension Collection where Element == Double {
    /// The middle value, or the mean of the two in the middle; 0 for an empty collection.
    var median: Double {
        guard !isEmpty else { return 0 }
        let ordered = sorted()
        let middle = ordered.count / 2
        return ordered.count % 2 == 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2
    }

    /// The smallest value that at least `share` (0 to 1) of the values do not exceed.
    func percentile(_ share: Double) -> Double {
        guard !isEmpty else { return 0 }
        let ordered = sorted()
        return ordered[Swift.min(ordered.count - 1, Int((share * Double(ordered.count)).rounded(.up)) - 1)]
    }
}
