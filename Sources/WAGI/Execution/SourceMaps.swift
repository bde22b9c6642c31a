import WebAssembly
import WebAssemblyRuntime

/// The source maps of all modules in a file: of the one module that it is, or of those in a component.
struct SourceMaps: Sendable {
    /// Each with the part of the file that the module is in.
    private let maps: [(module: Range<Int>, map: SourceMap)]

    /// The maps that modules of a project name. Those that have none, or none that can be read, are left out.
    ///
    /// - Parameters: as those of ``SourceMap/init(of:named:in:)``.
    init(of modules: [Module], named name: String, in directory: String) {
        maps = modules.compactMap { module in
            SourceMap(of: module, named: name, in: directory).map { (module.range, $0) }
        }
    }

    var isEmpty: Bool { maps.isEmpty }

    /// The place that the instruction at an offset of the file comes from.
    func location(at offset: Int) -> SourceLocation? {
        // A map counts from the beginning of its module.
        maps.first { $0.module.contains(offset) }.flatMap { $0.map.location(at: offset - $0.module.lowerBound) }
    }
}

extension Trap {
    /// The same trap, with the places of calls that maps know and the modules do not.
    func located(by maps: SourceMaps) -> Trap {
        let frames = frames.map { frame in
            guard frame.sourceLocation == nil, let location = maps.location(at: frame.codeOffset) else { return frame }
            return Frame(
                moduleName: frame.moduleName, functionIndex: frame.functionIndex, functionName: frame.functionName,
                codeOffset: frame.codeOffset, sourceLocation: location, callCount: frame.callCount)
        }
        return Trap(
            kind: kind, frames: frames, omittedCallCount: omittedCallCount, limitDescriptions: limitDescriptions)
    }
}
