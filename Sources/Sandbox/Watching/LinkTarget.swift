import Glibc

/// What symbolic links say, by text: what they lead to need not be there.
enum LinkTarget {
    /// What a link says; `nil` if there is none at the path, or it is not UTF-8.
    static func read(_ path: String) -> String? {
        withUnsafeTemporaryAllocation(byteCount: Int(PATH_MAX), alignment: 1) { buffer in
            let count = readlink(path, buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count)
            guard count > 0 else { return nil }
            return String(validating: UnsafeRawBufferPointer(rebasing: buffer[..<count]), as: UTF8.self)
        }
    }

    /// The directory and the name that the target of a link has, not looked up.
    static func split(_ target: String, from link: String) -> (directory: String, name: String) {
        let path = target.utf8.first == slash ? target : parent(of: link) + "/" + target
        let components = path.utf8.split(separator: slash).map(Substring.init)
        return ("/" + components.dropLast().joined(separator: "/"), components.last.map(String.init) ?? "")
    }

    /// An absolute path without `.`, and without `..` but by what is before it.
    static func plain(_ path: String) -> String {
        var components: [Substring] = []
        for component in path.utf8.split(separator: slash).map(Substring.init) {
            if component.utf8.elementsEqual("..".utf8) {
                _ = components.popLast()
            } else if !component.utf8.elementsEqual(".".utf8) {
                components.append(component)
            }
        }
        return "/" + components.joined(separator: "/")
    }

    private static let slash = UInt8(ascii: "/")

    private static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: slash), slash > path.utf8.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
