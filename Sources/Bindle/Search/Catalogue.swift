/// The names and versions of a store's bindles, ready to be searched.
struct Catalogue: Sendable {
    /// The store's `listGeneration` when it was read.
    let generation: Int
    /// In the order of names and versions.
    private let bindles: [BindleListing]
    /// The places in `bindles` by the store's numbers.
    private let placesByNumber: [Int64: Int]
    /// Each name, with the places of its versions.
    private let names: [(name: String, places: Range<Int>)]
    private let texts: NameText
    private let foldedTexts: NameText

    init(_ list: [BindleListing], generation: Int) {
        self.generation = generation
        bindles = list.sorted { $0.id < $1.id }
        var placesByNumber: [Int64: Int] = [:]
        placesByNumber.reserveCapacity(bindles.count)
        var names: [(name: String, places: Range<Int>)] = []
        for (place, bindle) in bindles.enumerated() {
            placesByNumber[bindle.number] = place
            if let last = names.last, last.name == bindle.id.name {
                names[names.count - 1].places = last.places.lowerBound..<place + 1
            } else {
                names.append((bindle.id.name, place..<place + 1))
            }
        }
        self.placesByNumber = placesByNumber
        self.names = names
        texts = NameText(names.map(\.name))
        foldedTexts = NameText(names.map { $0.name.lowercased() })
    }

    var count: Int { bindles.count }

    /// The places of bindles whose names have `text` in them.
    func places(ofNamesWith text: String, ignoringCase: Bool) -> Set<Int> {
        let found = ignoringCase ? foldedTexts.indices(of: text.lowercased()) : texts.indices(of: text)
        return Set(found.lazy.flatMap { names[$0].places })
    }

    /// The places of bindles by the store's numbers for them. Those that have come since are left out.
    func places(of numbers: Set<Int64>) -> Set<Int> { Set(numbers.lazy.compactMap { placesByNumber[$0] }) }

    /// The IDs of those bindles that the query's versions and yanking admit, in order.
    /// - Parameter places: Which ones; all if `nil`.
    func ids(_ query: BindleQuery, _ places: Set<Int>?) -> [BindleID] {
        func admitted(_ place: Int) -> BindleID? {
            let bindle = bindles[place]
            return (query.includesYanked || !bindle.isYanked) && query.versions.contains(bindle.id.version)
                ? bindle.id : nil
        }
        return places.map { $0.sorted().compactMap(admitted) } ?? bindles.indices.compactMap(admitted)
    }
}

/// Names one after the other, in which a part of a name is found in one go.
struct NameText: Sendable {
    private let bytes: [UInt8]
    /// Where each name begins.
    private let starts: [Int]
    /// Occurs in no UTF-8.
    private static let separator: UInt8 = 0xFF

    init(_ names: [String]) {
        var bytes: [UInt8] = []
        var starts: [Int] = []
        for name in names {
            starts.append(bytes.count)
            bytes += name.utf8
            bytes.append(Self.separator)
        }
        self.bytes = bytes
        self.starts = starts
    }

    /// The names that have `part` in them, by their places.
    func indices(of part: String) -> [Int] {
        let part = Array(part.utf8)
        guard let first = part.first else { return Array(starts.indices) }
        var found: [Int] = []
        var name = 0
        var position = 0
        let last = bytes.count - part.count
        while position <= last {
            guard bytes[position] == first, bytes[position..<position + part.count].elementsEqual(part) else {
                position += 1
                continue
            }
            while name + 1 < starts.count, starts[name + 1] <= position { name += 1 }
            found.append(name)
            name += 1
            guard name < starts.count else { break }
            position = starts[name]
        }
        return found
    }
}
