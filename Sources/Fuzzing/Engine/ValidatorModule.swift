/// A module with types, functions, tables, memories, globals, tags and segments of all kinds, one of whose functions has
/// the body that a fuzzer chooses.
enum ValidatorModule {
    /// The first byte chooses the function's type; the rest is its locals and code.
    static func bytes(body: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let types: [[UInt8]] = [
            [0x60, 0, 0],
            [0x60, 1, 0x7F, 1, 0x7F],
            [0x60, 2, 0x7E, 0x7C, 2, 0x7D, 0x7B],
            [0x60, 3, 0x6F, 0x70, 0x6E, 1, 0x69],
            [0x50, 0, 0x5F, 3, 0x7F, 1, 0x78, 0, 0x64, 0x6E, 1],
            [0x50, 1, 4, 0x5F, 4, 0x7F, 1, 0x78, 0, 0x64, 0x6E, 1, 0x7E, 1],
            [0x5E, 0x78, 1],
            [0x5E, 0x63, 4, 1],
            [0x4E, 2, 0x50, 0, 0x5F, 1, 0x63, 9, 1, 0x50, 0, 0x60, 1, 0x63, 8, 1, 0x63, 8],
            [0x60, 2, 0x7F, 0x7E, 0],
        ]
        let choice = body.first ?? 0
        let type = choice & 7 < 4 ? choice & 3 : choice & 7 == 4 ? 9 : 10
        let content = Array(body.dropFirst())
        var bytes: [UInt8] = [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0]
        bytes += Encoding.section(1, Encoding.vector(types))
        bytes += Encoding.section(3, Encoding.vector([[type], [0], [1]]))
        bytes += Encoding.section(4, Encoding.vector([[0x70, 0, 10], [0x63, 1, 5, 2, 4], [0x6E, 0, 3]]))
        bytes += Encoding.section(5, Encoding.vector([[0, 1], [4, 1], [3, 1, 2]]))
        bytes += Encoding.section(13, Encoding.vector([[0, 10], [0, 0]]))
        bytes += Encoding.section(
            6,
            Encoding.vector([
                [0x7F, 1, 0x41, 0, 0x0B], [0x7E, 0, 0x42, 5, 0x0B], [0x70, 1, 0xD2, 1, 0x0B],
                [0x63, 4, 1, 0xD0, 4, 0x0B], [0x7B, 1, 0xFD, 0x0C] + [UInt8](repeating: 7, count: 16) + [0x0B],
            ]))
        bytes += Encoding.section(7, Encoding.vector([Encoding.name("f") + [0, 0]]))
        let elements: [[UInt8]] = [[0, 0x41, 0, 0x0B, 2, 0, 1], [1, 0, 2, 1, 2], [5, 0x6E, 1, 0xD0, 0x6E, 0x0B]]
        bytes += Encoding.section(9, Encoding.vector(elements))
        bytes += Encoding.section(12, [1])
        let bodies = [content, [0, 0x0B], [0, 0x20, 0, 0x0B]]
        bytes += Encoding.section(10, Encoding.vector(bodies.map { Encoding.unsigned($0.count) + $0 }))
        bytes += Encoding.section(11, Encoding.vector([[1, 4, 1, 2, 3, 4]]))
        return bytes
    }
}
