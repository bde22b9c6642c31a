import Testing

@testable import WebAssemblyRuntime

@Suite("Images of memories")
struct MemoryImageTests {
    private static let page = AddressSpace.pageByteCount

    /// A few bytes at each of some places.
    private func withPieces<Result>(_ places: [Int], _ body: ([MemoryImage.Piece]) -> Result) -> Result {
        let bytes: [UInt8] = [1, 2, 3]
        return bytes.withUnsafeBytes { bytes in body(places.map { (place: $0, bytes: bytes) }) }
    }

    @Test("near segments are one part, far ones are parts of their own, and the gaps take no room")
    func parts() {
        let far = 100 << 20
        let parts = withPieces([far, 5 * Self.page, 0, Self.page - 1]) { MemoryImage.parts(of: $0) }
        #expect(parts.map(\.memory) == [0..<6 * Self.page, far..<far + Self.page])
        #expect(parts.map(\.fileOffset) == [0, 6 * Self.page])
    }

    @Test("thousands of segments become a few mappings")
    func manyParts() {
        let parts = withPieces((0..<5000).map { $0 << 20 }) { MemoryImage.parts(of: $0) }
        #expect(!parts.isEmpty && parts.count <= 64)
        #expect(parts.first?.memory.lowerBound == 0)
        #expect(parts.last?.memory.upperBound == 4999 << 20 + Self.page)
    }

    @Test("empty segments make no image")
    func empty() {
        let bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        #expect(MemoryImage([(place: 10, bytes: bytes)]) == nil)
    }

    @Test("a memory that was written to is as the image again, within its parts, between them and behind")
    func restoring() throws {
        let size = 64 << 20
        let places = [3, 20 << 20, 20 << 20 + 2 * Self.page, 40 << 20]
        let image = try #require(withPieces(places) { MemoryImage($0) })
        let pool = MemoryPool(image: image)
        for round in 0..<3 {
            let entry = try #require(pool.take(reservedByteCount: size))
            let bytes = UnsafeMutableRawBufferPointer(start: entry.base, count: size)
            for place in places {
                #expect((0..<5).map { bytes[place + $0] } == [1, 2, 3, 0, 0], "\(place) in round \(round)")
            }
            for place in stride(from: 0, to: size, by: 5 << 20) { #expect(bytes[place + 100] == 0) }
            // Few pages in one round, more than are kept in the next.
            let step = round == 0 ? 5 << 20 : Self.page
            for place in stride(from: 0, to: size, by: step) { bytes[place + 100] = 9 }
            for place in places { bytes[place + 1] = 7 }
            pool.give(entry, usedByteCount: size)
        }
    }
}
