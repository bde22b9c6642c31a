import WebAssembly

/// The core modules of a component, decoded and validated before the component is read.
struct EmbeddedModules {
    /// By where each begins.
    private var modules: [Int: Result<Module, ModuleError>] = [:]

    init(in binary: ModuleBinary, areKnownToBeValid: Bool) {
        for range in EmbeddedModules.ranges(in: binary) {
            do throws(ModuleError) {
                modules[range.lowerBound] = .success(
                    try Module(binary: binary, range: range, isKnownToBeValid: areKnownToBeValid))
            } catch {
                modules[range.lowerBound] = .failure(error)
            }
        }
    }

    /// The module in `range`, decoded and valid.
    func module(in range: Range<Int>, of binary: ModuleBinary) throws(ModuleError) -> Module {
        guard let module = modules[range.lowerBound] else { return try Module(binary: binary, range: range) }
        return try module.get()
    }

    /// Where the core modules of a component and of those in it are, as far as its sections can be told apart, and up to the
    /// number that there may be.
    private static func ranges(in binary: ModuleBinary) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var components = [0..<binary.count]
        while let component = components.popLast() {
            var reader = ByteReader(binary, in: component)
            guard let preamble = try? reader.skip(8),
                binary.bytes(in: preamble).elementsEqual(ComponentDecoder.preamble)
            else { continue }
            while let id = try? reader.readByte(), let size = try? reader.readU32(),
                let content = try? reader.skip(Int(size))
            {
                switch ComponentSection(rawValue: id) {
                case .coreModule: ranges.append(content)
                case .component: components.append(content)
                default: break
                }
                guard ranges.count < ComponentDecoder.maximumModuleCount, components.count < WorkBudget.limit else {
                    return ranges
                }
            }
        }
        return ranges
    }
}
