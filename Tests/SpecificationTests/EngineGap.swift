/// A part of WebAssembly that the engine does not execute yet. An assertion that fails in a script that is about such a
/// part counts as not yet supported; one that passes counts as passed.
///
/// When the engine can execute a part, its case goes; when the last case goes, so does this file.
enum EngineGap: String, CaseIterable {
    case garbageCollection = "garbage collection"
    case exceptions

    /// Words of the text format that only scripts about this part contain.
    private var words: [String] {
        switch self {
        case .garbageCollection: ["struct.new", "array.new", "ref.i31", "ref.test", "ref.cast", "any.convert_extern"]
        case .exceptions: ["try_table", "(try", "throw"]
        }
    }

    /// The gaps that may show in a script.
    static func mentioned(in text: [UInt8]) -> [EngineGap] {
        let script = String(decoding: text, as: UTF8.self).utf8
        return allCases.filter { gap in gap.words.contains { script.contains($0.utf8) } }
    }
}
