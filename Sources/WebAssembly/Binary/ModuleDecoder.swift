/// Reads the binary format, section by section.
struct ModuleDecoder {
    let binary: ModuleBinary
    let features: Features

    mutating func decode() throws(ModuleError) -> ModuleParts {
        throw ModuleError(kind: .unsupported, message: "the decoder is being written", offset: 0)
    }
}
