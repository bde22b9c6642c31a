/// Parts of paths, and paths made whole, without a look at the disk.
package enum FilePath {
    /// `path` from the root on, without `.`, `..`, empty components and a `/` at its end. Links are not followed.
    ///
    /// - Parameter directory: what a relative path begins at; the working directory if it is `nil`.
    package static func absolute(_ path: String, in directory: String? = nil) -> String {
        let whole = path.utf8.first == UInt8(ascii: "/") ? path : "\(directory ?? workingDirectory)/\(path)"
        var components: [Substring.UTF8View] = []
        for component in whole.utf8.split(separator: UInt8(ascii: "/")) {
            if component.elementsEqual(".".utf8) { continue }
            if component.elementsEqual("..".utf8) {
                _ = components.popLast()
            } else {
                components.append(component)
            }
        }
        return "/" + components.map { String(Substring($0)) }.joined(separator: "/")
    }

    /// The directory that has what `path` names, as an absolute path: of `a/b`, the `a` in the working directory.
    package static func parent(_ path: String) -> String {
        let whole = absolute(path)
        guard let slash = whole.utf8.lastIndex(of: UInt8(ascii: "/")), slash != whole.startIndex else { return "/" }
        return String(whole[..<slash])
    }

    /// The last component of a path, without a `/` at its end: of `a/b/`, it is `b`.
    package static func name(_ path: String) -> String {
        path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? "/"
    }

    /// The directory that relative paths begin at.
    package static var workingDirectory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    /// The user's own directory: `HOME`, else what the system's table of users says.
    package static var homeDirectory: String {
        if let path = ProcessEnvironment.value("HOME"), path.utf8.first == UInt8(ascii: "/") { return path }
        guard let entry = getpwuid(geteuid()), let path = entry.pointee.pw_dir else { return "/" }
        return String(cString: path)
    }

    /// Where the system has temporary files: `TMPDIR`, else `/tmp`.
    package static var temporaryDirectory: String {
        guard let path = ProcessEnvironment.value("TMPDIR"), path.utf8.first == UInt8(ascii: "/") else { return "/tmp" }
        return absolute(path)
    }
}
