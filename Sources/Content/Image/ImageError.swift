package import Platform

/// Why a wwwroot cannot be shared with another process, or taken from it.
package enum ImageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was given is no image. This is a fault of this program, or somebody's malice.
    case malformed(String)
    /// More names, or longer ones, than an image has room for.
    case tooLarge
    case system(SystemError)

    package var description: String {
        switch self {
        case .malformed(let problem): "the image of the wwwroot is malformed: \(problem)"
        case .tooLarge: "the wwwroot has too many names"
        case .system(let error): "the image of the wwwroot: \(error)"
        }
    }
}
