/// The parcels of an invoice, in their order.
///
/// It is an array in chunks, which copies share: whoever keeps an invoice and changes a few parcels of a copy pays for
/// those, and not for a hundred thousand others.
package struct ParcelList: Sendable {
    /// None is empty.
    private var chunks: [[Parcel]] = []
    /// The position of each chunk's first parcel, then the number of all.
    private var starts = [0]

    /// A chunk that grows beyond this is cut.
    private static let longestChunk = 512
    private static let usualChunk = 256

    package init() {}

    package init(_ parcels: some Sequence<Parcel>) {
        chunks = Self.cut(Array(parcels))
        updateStarts(from: 0)
    }

    private static func cut(_ parcels: [Parcel]) -> [[Parcel]] {
        if parcels.count <= longestChunk { return parcels.isEmpty ? [] : [parcels] }
        return stride(from: 0, to: parcels.count, by: usualChunk).map { start in
            Array(parcels[start..<Swift.min(start + usualChunk, parcels.count)])
        }
    }

    /// Works out the positions of the chunks after `chunk`.
    private mutating func updateStarts(from chunk: Int) {
        starts.removeSubrange((chunk + 1)...)
        starts.reserveCapacity(chunks.count + 1)
        for index in chunk..<chunks.count { starts.append(starts[index] + chunks[index].count) }
    }

    /// The chunk that has a position; the last one has the end, too.
    private func chunk(of position: Int) -> Int {
        var (low, high) = (0, chunks.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if starts[middle] <= position { low = middle } else { high = middle - 1 }
        }
        return low
    }
}

extension ParcelList: RandomAccessCollection, MutableCollection, RangeReplaceableCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { starts[chunks.count] }

    package subscript(position: Int) -> Parcel {
        get {
            precondition(position >= 0 && position < endIndex, "there is no such parcel")
            let chunk = chunk(of: position)
            return chunks[chunk][position - starts[chunk]]
        }
        _modify {
            precondition(position >= 0 && position < endIndex, "there is no such parcel")
            let chunk = chunk(of: position)
            yield &chunks[chunk][position - starts[chunk]]
        }
    }

    package mutating func replaceSubrange(_ range: Range<Int>, with parcels: some Collection<Parcel>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= endIndex, "there are no such parcels")
        guard !range.isEmpty || !parcels.isEmpty else { return }
        guard !chunks.isEmpty else {
            self = ParcelList(parcels)
            return
        }
        let first = chunk(of: range.lowerBound)
        let last = range.isEmpty ? first : chunk(of: range.upperBound - 1)
        let (start, end) = (range.lowerBound - starts[first], range.upperBound - starts[last])
        if first == last, chunks[first].count - range.count + parcels.count <= Self.longestChunk {
            chunks[first].replaceSubrange(start..<end, with: parcels)
            if chunks[first].isEmpty { chunks.remove(at: first) }
        } else {
            let merged = chunks[first][..<start] + parcels + chunks[last][end...]
            chunks.replaceSubrange(first...last, with: Self.cut(Array(merged)))
        }
        updateStarts(from: first)
    }

    /// Goes from chunk to chunk, where `subscript` would look for each parcel's.
    package struct Iterator: IteratorProtocol {
        fileprivate let chunks: [[Parcel]]
        private var chunk = 0
        private var index = 0

        fileprivate init(chunks: [[Parcel]]) {
            self.chunks = chunks
        }

        package mutating func next() -> Parcel? {
            guard chunk < chunks.count else { return nil }
            defer {
                index += 1
                if index == chunks[chunk].count { (chunk, index) = (chunk + 1, 0) }
            }
            return chunks[chunk][index]
        }
    }

    package func makeIterator() -> Iterator { Iterator(chunks: chunks) }
}

extension ParcelList: ExpressibleByArrayLiteral {
    package init(arrayLiteral parcels: Parcel...) {
        self.init(parcels)
    }
}

extension ParcelList: Hashable {
    package static func == (left: ParcelList, right: ParcelList) -> Bool {
        guard left.count == right.count else { return false }
        // Chunks that are shared are equal without being looked at.
        return left.starts == right.starts ? left.chunks == right.chunks : left.elementsEqual(right)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for parcel in self { hasher.combine(parcel) }
    }
}

extension ParcelList {
    /// How many parcels at the beginning of both lists are the same because they are in shared chunks.
    func sharedPrefix(with other: ParcelList) -> Int {
        var chunk = 0
        while chunk < Swift.min(chunks.count, other.chunks.count), Self.isShared(chunks[chunk], other.chunks[chunk]) {
            chunk += 1
        }
        return starts[chunk]
    }

    /// How many parcels at the end of both lists are.
    func sharedSuffix(with other: ParcelList) -> Int {
        var shared = 0
        while shared < Swift.min(chunks.count, other.chunks.count),
            Self.isShared(chunks[chunks.count - 1 - shared], other.chunks[other.chunks.count - 1 - shared])
        {
            shared += 1
        }
        return count - starts[chunks.count - shared]
    }

    /// The positions at which another list of the same length has another parcel, ascending; `nil` if the lengths differ.
    /// What both lists share is not looked at.
    package func indexes(differingFrom other: ParcelList) -> [Int]? {
        guard count == other.count else { return nil }
        var indexes: [Int] = []
        var position = 0
        var (chunk, otherChunk) = (0, 0)
        while position < count {
            let (own, others) = (chunks[chunk], other.chunks[otherChunk])
            let isSameStart = starts[chunk] == other.starts[otherChunk]
            let end = Swift.min(starts[chunk + 1], other.starts[otherChunk + 1])
            if !(isSameStart && Self.isShared(own, others)) {
                for index in position..<end where own[index - starts[chunk]] != others[index - other.starts[otherChunk]]
                {
                    indexes.append(index)
                }
            }
            position = end
            if starts[chunk + 1] == end { chunk += 1 }
            if other.starts[otherChunk + 1] == end { otherChunk += 1 }
        }
        return indexes
    }

    private static func isShared(_ left: [Parcel], _ right: [Parcel]) -> Bool {
        left.count == right.count
            && left.withUnsafeBufferPointer { left in
                right.withUnsafeBufferPointer { left.baseAddress == $0.baseAddress }
            }
    }
}
