/// A path below some root: one or more components, joined by "/".
///
/// Its identity is its UTF-8 bytes, never what Unicode takes for the same text: `é` as one scalar and as two are two
/// names, as they are to the file system. It cannot lead out of the root that it is used below: no component is empty,
/// `.` or `..`, none has a NUL in it, and it does not begin with a slash. Everything else is a name, control characters
/// and backslashes included.
package struct RelativePath: Sendable {
    /// The path as text. Compare `RelativePath`s, not their texts.
    package let string: String

    /// The longest component in bytes: `NAME_MAX` of the file systems that the names come from.
    package static let maximumComponentLength = 255

    /// Takes a path as it is written, `a/b.txt`.
    package init(_ string: String) throws(RelativePathError) {
        var string = string
        if let problem = string.withUTF8({ Self.problem(of: $0) }) {
            throw RelativePathError(path: string, problem: problem)
        }
        self.string = string
    }

    /// Takes a path as it is written; `nil` if it is invalid.
    package init?(validating string: String) {
        var string = string
        guard string.withUTF8({ Self.problem(of: $0) }) == nil else { return nil }
        self.string = string
    }

    /// Takes a path in any spelling of it: `./data/a.txt` and `data//a.txt` are `data/a.txt`. `nil` if it is invalid: an
    /// absolute one, one with `..`, or one that ends in a slash.
    package init?(normalizing string: String) {
        if let path = RelativePath(validating: string) {
            self = path
            return
        }
        let slash = UInt8(ascii: "/")
        guard string.utf8.first != slash, string.utf8.last != slash else { return nil }
        let named = string.utf8.split(separator: slash)
        // A point at the end is a directory.
        guard let last = named.last, !last.elementsEqual(".".utf8) else { return nil }
        let components = named.filter { !$0.elementsEqual(".".utf8) }
        self.init(validating: String(decoding: Array(components.joined(separator: [slash])), as: UTF8.self))
    }

    /// Takes the bytes of a path; `nil` if they are not UTF-8, or no path.
    package init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        guard Self.problem(of: bytes) == nil, let string = String(validating: bytes, as: UTF8.self) else { return nil }
        self.string = string
    }

    /// What was checked before.
    private init(checked string: Substring) {
        self.string = String(string)
    }

    /// Takes bytes that were those of a path before.
    init(checkedUTF8 bytes: UnsafeBufferPointer<UInt8>) {
        string = String(decoding: bytes, as: UTF8.self)
    }

    private static func problem(of bytes: UnsafeBufferPointer<UInt8>) -> RelativePathError.Problem? {
        let (dot, slash) = (UInt8(ascii: "."), UInt8(ascii: "/"))
        var start = 0
        while true {
            var end = start
            while end < bytes.count, bytes[end] != slash {
                if bytes[end] == 0 { return .nul }
                end += 1
            }
            switch end - start {
            case 0: return bytes.isEmpty ? .empty : start == 0 ? .absolute : .emptyComponent
            case 1 where bytes[start] == dot: return .dots
            case 2 where bytes[start] == dot && bytes[start + 1] == dot: return .dots
            case let count where count > maximumComponentLength: return .tooLong
            default: break
            }
            if end == bytes.count { return nil }
            start = end + 1
        }
    }

    /// Calls `body` with the path's bytes.
    package func withUTF8<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Almost every string has its bytes in one piece; then nothing is copied.
        var failure: Failure?
        let result: Result?? = string.utf8.withContiguousStorageIfAvailable { bytes -> Result? in
            do throws(Failure) { return try body(bytes) } catch {
                failure = error
                return nil
            }
        }
        if let failure { throw failure }
        if let result = result ?? nil { return result }
        return try ContiguousArray(string.utf8).withUnsafeBufferPointer { bytes throws(Failure) in try body(bytes) }
    }

    /// The last component.
    package var name: Substring {
        guard let slash = string.utf8.lastIndex(of: UInt8(ascii: "/")) else { return Substring(string) }
        return string[string.utf8.index(after: slash)...]
    }

    /// The path of the directory that it is in; `nil` if that is the root.
    package var parent: RelativePath? {
        guard let slash = string.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return RelativePath(checked: string[..<slash])
    }

    /// Whether it is in a directory, or deeper.
    package func isBelow(_ directory: RelativePath) -> Bool {
        withUTF8 { path in
            directory.withUTF8 { directory in
                path.count > directory.count && path[directory.count] == UInt8(ascii: "/")
                    && path.starts(with: directory)
            }
        }
    }

    /// The names on the way from the root, at least one.
    package var components: [Substring] {
        string.utf8.split(separator: UInt8(ascii: "/")).map(Substring.init)
    }
}

extension RelativePath: Hashable {
    package static func == (left: RelativePath, right: RelativePath) -> Bool {
        left.withUTF8 { left in
            right.withUTF8 { right in left.count == right.count && left.elementsEqual(right) }
        }
    }

    package func hash(into hasher: inout Hasher) {
        withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension RelativePath: Comparable {
    /// By bytes, as digits and letters of ASCII are ordered.
    package static func < (left: RelativePath, right: RelativePath) -> Bool {
        left.withUTF8 { left in right.withUTF8 { right in left.lexicographicallyPrecedes(right) } }
    }
}

extension RelativePath: CustomStringConvertible {
    package var description: String { string }
}
