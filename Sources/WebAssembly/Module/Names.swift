import Synchronization

/// The names that a module's name section gives to what has only indices in the binary format.
public struct Names: Sendable {
    /// The module's own name.
    public let module: String?

    private let binary: ModuleBinary
    /// Where in the binary each function's name is; empty for those without one. Strings are made when asked for: big
    /// modules have tens of thousands, of which few are ever shown.
    private let functions: [UInt32: Range<Int>]
    private let locals: [UInt32: Int]

    init(module: String?, binary: ModuleBinary, functions: [UInt32: Range<Int>], locals: [UInt32: Int]) {
        self.module = module
        self.binary = binary
        self.functions = functions
        self.locals = locals
    }

    /// The name of a function, by its index in the function index space.
    public func function(_ index: Int) -> String? {
        guard let range = functions[UInt32(index)] else { return nil }
        return String(validating: binary.bytes(in: range), as: UTF8.self)
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
            let names = Names(module: nil, binary: binary, functions: [:], locals: [:])
            cache = names
            return names
        }
    }
}
