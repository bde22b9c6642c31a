import WebAssembly

/// What a core instance exports.
struct CheckedCoreInstance {
    let exports: [ExactName: ExternalType]
}
