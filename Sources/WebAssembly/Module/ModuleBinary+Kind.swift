extension ModuleBinary {
    /// What the preamble of a binary says that it is.
    package enum Kind: Hashable, Sendable {
        case module
        case component
    }

    /// Whether this is a core module or a component, or `nil` if it begins like neither.
    ///
    /// Bytes 4 and 5 are the version, bytes 6 and 7 the layer (Component Model, "Binary.md", `preamble`). Other versions of
    /// either kind count too, so that the error about the version comes from the decoder that knows what to say of it.
    package var kind: Kind? {
        guard count >= 8, bytes.prefix(4).elementsEqual([0x00, 0x61, 0x73, 0x6D]), bytes[7] == 0 else { return nil }
        return switch bytes[6] {
        case 0: .module
        case 1: .component
        default: nil
        }
    }
}
