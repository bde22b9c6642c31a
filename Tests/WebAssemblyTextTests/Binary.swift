import Testing

@testable import WebAssemblyText

/// A binary module taken apart into its sections, for tests.
struct Binary {
    struct Section: Equatable {
        let id: UInt8
        let content: [UInt8]
    }

    let sections: [Section]

    /// Assembles `text`.
    init(_ text: String) throws {
        let bytes = try assemble(text)
        var sections: [Section] = []
        var rest = bytes.dropFirst(8)
        while let id = rest.popFirst() {
            let size = Self.readUnsigned(&rest)
            sections.append(Section(id: id, content: Array(rest.prefix(size))))
            rest = rest.dropFirst(size)
        }
        self.sections = sections
    }

    /// The content of the first section of this kind.
    func section(_ id: SectionID) -> [UInt8]? {
        sections.first { $0.id == id.rawValue }?.content
    }

    /// The names and contents of custom sections.
    var customSections: [(name: String, content: [UInt8])] {
        sections.filter { $0.id == 0 }.map { section in
            var rest = section.content[...]
            let size = Self.readUnsigned(&rest)
            return (String(decoding: rest.prefix(size), as: UTF8.self), Array(rest.dropFirst(size)))
        }
    }

    /// All but the custom sections.
    var meaning: [Section] { sections.filter { $0.id != 0 } }

    static func readUnsigned(_ bytes: inout ArraySlice<UInt8>) -> Int {
        var value = 0
        var shift = 0
        while let byte = bytes.popFirst() {
            value |= Int(byte & 0x7F) << shift
            shift += 7
            if byte & 0x80 == 0 { break }
        }
        return value
    }
}

/// Expects that two texts say the same, names apart.
func expectSame(_ left: String, _ right: String, _ location: Testing.SourceLocation = #_sourceLocation) {
    #expect(throws: Never.self, sourceLocation: location) {
        let (first, second) = (try Binary(left), try Binary(right))
        #expect(first.meaning == second.meaning, sourceLocation: location)
    }
}

/// Expects that `text` is refused, with a message that begins with `message`.
func expectError(_ text: String, _ message: String, _ location: Testing.SourceLocation = #_sourceLocation) {
    let error = #expect(throws: TextFormatError.self, sourceLocation: location) { try assemble(text) }
    guard let error else { return }
    #expect(
        error.message.hasPrefix(message), "\(error) does not begin with \"\(message)\"", sourceLocation: location)
}
