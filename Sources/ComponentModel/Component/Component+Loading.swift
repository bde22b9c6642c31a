package import WebAssembly

extension Component {
    /// Decodes and validates a component and all that is in it.
    ///
    /// - Parameter isKnownToBeValid: whether this very build has validated these very bytes before. Function bodies of core
    ///   modules, which are most of the work, are not looked at then; all else is validated again.
    /// - Throws: the first error in the order of the binary, whatever the number of threads at work. A core module in the
    ///   component is decoded and validated as if it stood alone, but for offsets, which count from the start of `binary`.
    package convenience init(binary: ModuleBinary, isKnownToBeValid: Bool = false) throws(ComponentError) {
        var decoder = ComponentDecoder(binary, isKnownToBeValid: isKnownToBeValid)
        self.init(try decoder.decode())
    }

    /// Decodes and validates a component, keeping a copy of `bytes`.
    package convenience init(bytes: some Collection<UInt8>) throws(ComponentError) {
        let binary: ModuleBinary
        do throws(ModuleError) {
            binary = try ModuleBinary(bytes)
        } catch {
            throw ComponentError(kind: .unsupported, message: error.message, offset: 0)
        }
        try self.init(binary: binary)
    }
}

/// The fields of a ``Component`` while they are being collected.
struct ComponentParts {
    let binary: ModuleBinary
    let range: Range<Int>
    var definitions: [Definition] = []
    var customSections: [CustomSection] = []
}
