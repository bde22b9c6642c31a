package import Bindle
package import Content
package import TOML

/// The bill of materials of an application: its modules, their routes, and the files that belong to each.
package struct Hippofacts: Sendable {
    /// Where it was read from.
    package let file: String
    /// The directory of the file, to which all paths in it are relative.
    package let directory: String
    /// The bindle's name, which may contain `/`.
    package let name: String
    package let version: VersionPattern
    package let description: String?
    package let authors: [String]
    package let annotations: [String: String]
    /// Handlers, then exports, each in the order of the file.
    package let entries: [Entry]

    let positions: Positions
    /// The text, for the lines that errors show.
    let source: [UInt8]

    struct Positions: Sendable {
        var name: SourcePosition?
        var version: SourcePosition?
    }

    /// A `[[handler]]` or an `[[export]]`.
    package struct Entry: Sendable {
        package let role: Role
        package let module: Module
        /// How many directories above the project's the path of the module begins: its name in the bindle is the rest of it.
        var ascent = 0
        /// The function to call instead of `_start`.
        package let entrypoint: String?
        /// Patterns for the files that belong to the entry.
        package let files: [FilePattern]
        /// Where the entry begins.
        package let position: SourcePosition?
        /// Where its module's name, or the external bindle's ID, stands.
        let modulePosition: SourcePosition?
        /// Where the external handler's ID stands.
        let handlerPosition: SourcePosition?
        let routePosition: SourcePosition?
    }

    package enum Role: Hashable, Sendable {
        case handler(route: String)
        /// A module that other bindles refer to by this ID.
        case export(id: String)
    }

    package enum Module: Hashable, Sendable {
        /// A path relative to the directory, or to one above it.
        case local(path: RelativePath)
        /// An export of another bindle.
        case external(bindle: BindleID, handler: String)
    }

    package struct FilePattern: Sendable {
        package let glob: GlobPattern
        package let position: SourcePosition?
    }

    /// How many directories above the project's the paths of modules begin, where that is at least one.
    var ascents: [RelativePath: Int] {
        var ascents: [RelativePath: Int] = [:]
        for entry in entries where entry.ascent > 0 {
            if case .local(let path) = entry.module { ascents[path] = entry.ascent }
        }
        return ascents
    }

    /// An error in a handler, at the place where its module is named.
    ///
    /// - Returns: `nil` if no handler has the route, or if it stands nowhere, as that of a lone module.
    package func error(_ message: String, inHandlerFor route: String) -> HippofactsError? {
        guard let entry = entries.first(where: { $0.role == .handler(route: route) }),
            let position = entry.handlerPosition ?? entry.modulePosition ?? entry.position
        else { return nil }
        return error(message, at: position)
    }

    /// An error at a place of this file.
    func error(_ message: String, at position: SourcePosition?) -> HippofactsError {
        guard let position else { return HippofactsError(file: file, message: message) }
        return HippofactsError(file: file, TOMLError(message, at: position, in: source))
    }
}
