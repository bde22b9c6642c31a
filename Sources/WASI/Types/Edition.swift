/// The two editions of WASI that a module may be built for; they have the same functions and differ in a few layouts.
enum Edition: CaseIterable, Sendable {
    /// `wasi_unstable`, of toolchains before 2020.
    case snapshot0
    /// `wasi_snapshot_preview1`.
    case preview1

    /// The name that modules import its functions from.
    var moduleName: String {
        switch self {
        case .snapshot0: "wasi_unstable"
        case .preview1: "wasi_snapshot_preview1"
        }
    }
}
