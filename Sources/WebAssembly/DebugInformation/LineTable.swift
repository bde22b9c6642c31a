import Synchronization

/// The DWARF line tables of a module, versions 2 to 5 ("DWARF Debugging Information Format", chapter 6.2).
///
/// Tables of big programs are bigger than their code, and only a few lines are ever asked for. So the first pass over
/// the line number programs keeps nothing but where each of their sequences, typically one a function, begins and which
/// addresses it covers; a lookup runs the one sequence again. Addresses are offsets in the code section's content.
///
/// The sections come from outside: what is malformed in them is left out.
struct LineTable: Sendable {
    private let binary: ModuleBinary
    private let strings: DebugStrings
    private var units: [LineNumberUnit] = []
    /// In the order of addresses.
    private var sequences: [Sequence] = []

    private struct Sequence {
        let addresses: Range<UInt64>
        let unit: Int
        /// The offset in the binary of the sequence's first instruction.
        let start: Int
    }

    init(_ module: Module) {
        binary = module.binary
        strings = DebugStrings(module)
        guard let section = module.customSections.first(where: { $0.name == ".debug_line" }) else { return }
        let code = module.codeSection?.count ?? 0
        var reader = ByteReader(binary, in: section.bytes)
        while !reader.isAtEnd {
            // Without its length a unit does not tell where the next begins.
            guard let (content, is64) = try? reader.readUnit() else { break }
            guard let unit = try? LineNumberUnit(content, is64: is64) else { continue }
            units.append(unit)
            index(unit, codeByteCount: UInt64(code))
        }
        sequences.sort { $0.addresses.lowerBound < $1.addresses.lowerBound }
    }

    private mutating func index(_ unit: LineNumberUnit, codeByteCount: UInt64) {
        var program = LineNumberProgram(unit, in: binary, at: unit.program.lowerBound)
        var start = unit.program.lowerBound
        var first: UInt64?
        while let row = try? program.nextRow() {
            if first == nil { first = row.address }
            guard row.isEndOfSequence else { continue }
            // The code section begins with the number of functions, so that address 0 means code that the linker has
            // dropped, as do addresses behind the section.
            if let first, first > 0, first < row.address, row.address <= codeByteCount {
                sequences.append(Sequence(addresses: first..<row.address, unit: units.count - 1, start: start))
            }
            first = nil
            start = program.position
        }
    }

    func location(at address: Int) -> SourceLocation? {
        guard let address = UInt64(exactly: address) else { return nil }
        var low = 0
        var high = sequences.count
        while low < high {
            let middle = (low + high) / 2
            if sequences[middle].addresses.lowerBound <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, case let sequence = sequences[low - 1], sequence.addresses.contains(address) else { return nil }
        let unit = units[sequence.unit]
        var program = LineNumberProgram(unit, in: binary, at: sequence.start)
        var found: LineNumberProgram.Row?
        while let row = try? program.nextRow(), row.address <= address, !row.isEndOfSequence { found = row }
        // Line 0 stands for code that comes from no line.
        guard let found, found.line > 0, let file = unit.path(ofFile: found.file, in: binary, strings) else {
            return nil
        }
        return SourceLocation(
            file: file, line: Int(found.line), column: found.column == 0 ? nil : Int(found.column))
    }
}

/// Reads the line tables when they are first asked for.
final class LazyLineTable: Sendable {
    private let cache = Mutex<LineTable?>(nil)

    func table(of module: Module) -> LineTable {
        cache.withLock { cache in
            if let table = cache { return table }
            let table = LineTable(module)
            cache = table
            return table
        }
    }
}

/// The sections that line tables keep strings in.
struct DebugStrings: Sendable {
    /// `.debug_str`.
    let strings: Range<Int>?
    /// `.debug_line_str`.
    let lineStrings: Range<Int>?

    init(_ module: Module) {
        strings = module.customSections.first { $0.name == ".debug_str" }?.bytes
        lineStrings = module.customSections.first { $0.name == ".debug_line_str" }?.bytes
    }
}
