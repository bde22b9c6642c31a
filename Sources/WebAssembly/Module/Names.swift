import Synchronization

/// The names that a module's name section gives to what has only indices in the binary format.
///
/// The section is for people, so what is malformed in it is left out rather than refused. Strings are made when asked
/// for: big modules have tens of thousands of names, and few are ever shown.
package struct Names: Sendable {
    /// The module's own name.
    package private(set) var module: String?

    private let binary: ModuleBinary
    /// Where in the binary the name of each function is.
    private var functions: [UInt32: Range<Int>] = [:]
    /// Where in the binary the name map of each function's locals is.
    private var locals: [UInt32: Range<Int>] = [:]

    /// Names are for people, whose pages and logs have no room for more, in bytes.
    private static let longestName = 4096

    /// The name of a function, by its index in the function index space. A name of more than 4,096 bytes is cut.
    package func function(_ index: Int) -> String? { functions[UInt32(index)].flatMap(name) }

    private func name(in range: Range<Int>) -> String? {
        guard let name = String(validating: binary.bytes(in: range), as: UTF8.self) else { return nil }
        guard name.utf8.count > Self.longestName else { return name }
        return String(decoding: name.utf8.prefix(Self.longestName), as: UTF8.self) + "…"
    }

    /// The name of a local, by the function's index in the function index space and the local's among its own; cut, too.
    package func local(_ local: Int, of function: Int) -> String? {
        guard let range = locals[UInt32(function)] else { return nil }
        var reader = ByteReader(binary, in: range)
        guard let count = try? reader.readCount() else { return nil }
        for _ in 0..<count {
            guard let index = try? reader.readU32(), let name = try? reader.readNameRange() else { return nil }
            if index == local { return self.name(in: name) }
        }
        return nil
    }

    init(section: CustomSection?, of binary: ModuleBinary) {
        self.binary = binary
        guard let section else { return }
        var reader = ByteReader(binary, in: section.bytes)
        while !reader.isAtEnd {
            guard let id = try? reader.readByte(), let size = try? reader.readU32(),
                var content = try? reader.readSlice(Int(size))
            else { return }
            switch id {
            case 0: module = (try? content.readNameRange()).flatMap(name)
            case 1: try? readFunctionNames(&content)
            case 2: try? readLocalNames(&content)
            default: break
            }
        }
    }

    private mutating func readFunctionNames(_ reader: inout ByteReader) throws(DecodingFailure) {
        let count = try reader.readCount()
        functions.reserveCapacity(count / 2)
        for _ in 0..<count {
            let index = try reader.readU32()
            functions[index] = try reader.readNameRange()
        }
    }

    private mutating func readLocalNames(_ reader: inout ByteReader) throws(DecodingFailure) {
        for _ in 0..<(try reader.readCount()) {
            let function = try reader.readU32()
            let start = reader.position
            for _ in 0..<(try reader.readCount()) {
                _ = try reader.readU32()
                _ = try reader.readNameRange()
            }
            locals[function] = start..<reader.position
        }
    }
}

extension ByteReader {
    /// Where the bytes of a name are.
    fileprivate mutating func readNameRange() throws(DecodingFailure) -> Range<Int> {
        try skip(Int(try readU32()))
    }
}

/// Reads the name section when it is first asked for.
final class LazyNames: Sendable {
    private let section: CustomSection?
    private let binary: ModuleBinary
    private let cache = Mutex<Names?>(nil)

    init(section: CustomSection?, of binary: ModuleBinary) {
        self.section = section
        self.binary = binary
    }

    var names: Names {
        cache.withLock { cache in
            if let names = cache { return names }
            let names = Names(section: section, of: binary)
            cache = names
            return names
        }
    }
}
