import JSON
import Platform
import WebAssembly
import WebAssemblyRuntime

/// Where the instructions of a module come from, as a file beside the module says.
///
/// AssemblyScript's compiler makes no line tables; with `--sourceMap` it makes such a file. Columns of the one line that is
/// generated are offsets in the binary. See https://tc39.es/ecma426, and section 7.2 of it for the name of the file.
struct SourceMap: Sendable {
    private struct Mapping {
        /// Holds from this offset to the next mapping's.
        let offset: Int
        /// `nil` for what comes from no line.
        let location: SourceLocation?
    }

    /// In the order of their offsets.
    private let mappings: [Mapping]
    private static let longestFile = 64 << 20

    /// The map that a module of a project names; `nil` without one, or if it is none.
    ///
    /// The module says itself where the file is: none outside the project is read.
    ///
    /// - Parameters:
    ///   - name: the path of the module's file, which may be a component that it is in: absolute or relative to the
    ///     project.
    ///   - directory: the project's.
    init?(of module: Module, named name: String, in directory: String) {
        let parent = FilePath.parent(FilePath.absolute(name, in: directory))
        guard let section = module.customSections.first(where: { $0.name == "sourceMappingURL" }),
            let url = Self.text(Array(module.binary.bytes(in: section.bytes))), !url.contains("://"),
            let path = SourcePlace.path(of: FilePath.absolute(url, in: parent), in: directory),
            let bytes = try? FileReader.bytes(of: path, limit: Self.longestFile)
        else { return nil }
        // AssemblyScript names sources by their paths in the project, others by their paths from the map.
        self.init(parsing: bytes) { source in
            guard SourcePlace.path(of: source, in: directory) == nil else { return source }
            return SourcePlace.path(of: FilePath.absolute(source, in: parent), in: directory) ?? source
        }
    }

    /// - Parameter path: the path of a source by its name in the map.
    init?(parsing bytes: [UInt8], path: (String) -> String = { $0 }) {
        guard let map = (try? JSONValue(parsing: bytes))?.object, map["version"]?.integer == 3,
            let sources = map["sources"]?.array?.map({ $0.string.map(path) }), let text = map["mappings"]?.string
        else { return nil }
        var mappings: [Mapping] = []
        var offset = 0
        var (source, line, column) = (0, 0, 0)
        for segment in text.utf8.split(separator: UInt8(ascii: ",")) {
            // Each number is the difference from the one before.
            guard let fields = Self.fields(segment), [1, 4, 5].contains(fields.count) else { return nil }
            offset += fields[0]
            var location: SourceLocation?
            if fields.count > 1 {
                source += fields[1]
                line += fields[2]
                column += fields[3]
                if sources.indices.contains(source), let file = sources[source] {
                    location = SourceLocation(file: file, line: line + 1, column: column + 1)
                }
            }
            mappings.append(Mapping(offset: offset, location: location))
        }
        self.mappings = mappings.sorted { $0.offset < $1.offset }
    }

    /// The place that the instruction at an offset of the binary comes from.
    func location(at offset: Int) -> SourceLocation? {
        var (low, high) = (0, mappings.count)
        while low < high {
            let middle = (low + high) / 2
            if mappings[middle].offset <= offset { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? mappings[low - 1].location : nil
    }

    /// The numbers of a segment: in base 64, five bits a character, the lowest first, and the sign in the lowest of all.
    private static func fields(_ segment: some Sequence<UInt8>) -> [Int]? {
        var fields: [Int] = []
        var (value, shift) = (0, 0)
        for character in segment {
            guard let digit = digit(character), shift <= 30 else { return nil }
            value |= (digit & 31) << shift
            if digit & 32 != 0 {
                shift += 5
            } else {
                fields.append(value & 1 == 0 ? value >> 1 : -(value >> 1))
                (value, shift) = (0, 0)
            }
        }
        return shift == 0 ? fields : nil
    }

    private static func digit(_ character: UInt8) -> Int? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(character) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(character) - 97 + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(character) - 48 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    /// The text in a section: its length as LEB128, and its bytes.
    private static func text(_ content: [UInt8]) -> String? {
        var (length, shift, start) = (0, 0, 0)
        while start < content.count, shift < 32 {
            let byte = content[start]
            length |= Int(byte & 0x7F) << shift
            (start, shift) = (start + 1, shift + 7)
            guard byte & 0x80 != 0 else {
                return length == content.count - start ? String(validating: content[start...], as: UTF8.self) : nil
            }
        }
        return nil
    }
}
