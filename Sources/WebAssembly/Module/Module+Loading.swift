extension Module {
    /// Decodes and validates a module.
    ///
    /// - Parameters:
    ///   - range: where the module stands in `binary`, all of which it is if this is left out. Offsets, those of errors too,
    ///     count from the start of `binary` nevertheless.
    ///   - isKnownToBeValid: whether this very build has validated these very bytes before. Function bodies, which are most
    ///     of the work, are not looked at then: what is not valid in them would break the engine.
    /// - Throws: the first error in the order of the binary, whatever the number of threads at work.
    package convenience init(
        binary: ModuleBinary, range: Range<Int>? = nil, features: Features = .all, isKnownToBeValid: Bool = false
    ) throws(ModuleError) {
        var decoder = ModuleDecoder(
            binary: binary, range: range ?? 0..<binary.count, features: features, validatesBodies: !isKnownToBeValid)
        self.init(try decoder.decode())
    }

    /// Decodes and validates a module, keeping a copy of `bytes`.
    package convenience init(bytes: some Collection<UInt8>, features: Features = .all) throws(ModuleError) {
        try self.init(binary: try ModuleBinary(bytes), features: features)
    }
}

/// What a module may use of the extensions that can be left out.
///
/// ``all`` is what loading uses. Fewer are for conformance tests of an edition of the specification in which a module
/// that uses one of them has to be refused.
package struct Features: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// `try`, `catch`, `delegate` and `rethrow`, which `try_table` has replaced.
    package static let legacyExceptions = Features(rawValue: 1 << 0)
    /// Shared memories and atomic instructions.
    package static let threads = Features(rawValue: 1 << 1)
    /// More than one table, as WebAssembly 2.0 has it.
    package static let multipleTables = Features(rawValue: 1 << 2)
    /// More than one memory, as WebAssembly 3.0 has it.
    package static let multipleMemories = Features(rawValue: 1 << 3)
    /// Memories and tables with 64-bit addresses, as WebAssembly 3.0 has them.
    package static let memory64 = Features(rawValue: 1 << 4)

    package static let all: Features = [.legacyExceptions, .threads, .multipleTables, .multipleMemories, .memory64]
}
