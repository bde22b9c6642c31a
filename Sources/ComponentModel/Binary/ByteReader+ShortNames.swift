import WebAssembly

extension ByteReader {
    /// A name as long as names are. Components' names are folded, compared and joined to longer ones, more than once: what
    /// is quick for those that people and compilers give is not for one of megabytes.
    mutating func readShortName() throws(DecodingFailure) -> String {
        let start = position
        let name = try readName()
        guard name.utf8.count <= Self.nameLimit else {
            throw .unsupported("a name of \(name.utf8.count) bytes, where \(Self.nameLimit) are the most", at: start)
        }
        return name
    }

    /// In bytes; the limit that other runtimes have.
    private static var nameLimit: Int { 100_000 }
}
