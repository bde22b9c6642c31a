/// The modules that a Makefile names, with the variables that it sets by text.
struct MakefileOutputs {
    /// Paths relative to the project, in the order of their names.
    let modules: [String]

    init(_ text: String) {
        var values: [String: String] = [:]
        let pattern = #/^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:\?|:|::)?=\s*(.*?)\s*$/#
        for line in text.split(separator: "\n") where !line.hasPrefix("\t") {
            guard let match = line.prefix(while: { $0 != "#" }).wholeMatch(of: pattern) else { continue }
            values[String(match.output.1)] = String(match.output.2)
        }
        let words = text.split { " \t\n=\"'".contains($0) }.flatMap { word -> [String] in
            Self.expanded(String(word), values).split { " :".contains($0) }.map(String.init)
        }
        // What is left of variables and patterns is no name of a file.
        let named = words.filter { word in
            word.hasSuffix(".wasm") && word.count > ".wasm".count && !word.contains { "%$*()".contains($0) }
                && !word.hasPrefix("/") && !word.hasPrefix("-")
        }.map { $0.hasPrefix("./") ? String($0.dropFirst(2)) : $0 }
        modules = Set(named).sorted()
    }

    private static func expanded(_ word: String, _ values: [String: String]) -> String {
        var text = word
        // A variable may refer to others, and to itself by mistake.
        for _ in 0..<8 where text.contains("$") {
            let next = text.replacing(#/\$[({]([A-Za-z_][A-Za-z0-9_]*)[)}]/#) { match in
                values[String(match.output.1)] ?? String(match.output.0)
            }
            if next == text { break }
            text = next
        }
        return text
    }
}
