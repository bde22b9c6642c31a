extension Module {
    /// Decodes and validates a module.
    ///
    /// - Throws: the first error in the order of the binary, whatever the number of threads at work.
    public convenience init(binary: ModuleBinary, features: Features = .all) throws(ModuleError) {
        var decoder = ModuleDecoder(binary: binary, features: features)
        self.init(try decoder.decode())
    }

    /// Decodes and validates a module, keeping a copy of `bytes`.
    public convenience init(bytes: some Collection<UInt8>, features: Features = .all) throws(ModuleError) {
        try self.init(binary: ModuleBinary(bytes), features: features)
    }
}

/// Proposals beyond WebAssembly 3.0 that a module may use.
public struct Features: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// `try`, `catch`, `delegate` and `rethrow`, which `try_table` has replaced.
    public static let legacyExceptions = Features(rawValue: 1 << 0)
    /// Shared memories and atomic instructions.
    public static let threads = Features(rawValue: 1 << 1)

    public static let all: Features = [.legacyExceptions, .threads]
}
