/// A path as a guest gave it: never empty, UTF-8 as WASI has it, without NUL, not longer than a host takes.
package struct GuestPath {
    /// The longest path, in bytes.
    static let maximumLength = 4_095

    /// The longest component, in bytes.
    static let maximumNameLength = 255

    /// With the NUL at its end.
    let cString: [CChar]

    /// - Throws: `noEntry` for no bytes, `nameTooLong`, `invalidArgument` for a NUL, `illegalByteSequence` for what is
    ///   not UTF-8.
    init(_ bytes: UnsafeRawBufferPointer) throws(ErrorNumber) {
        guard !bytes.isEmpty else { throw .noEntry }
        guard bytes.count <= Self.maximumLength else { throw .nameTooLong }
        guard !bytes.contains(0) else { throw .invalidArgument }
        guard Self.isUTF8(bytes) else { throw .illegalByteSequence }
        cString = bytes.map { CChar(bitPattern: $0) } + [0]
    }

    package init(_ text: String) throws(ErrorNumber) {
        let bytes = Array(text.utf8)
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(ErrorNumber) -> GuestPath in try GuestPath(bytes) }
        }
        self = try result.get()
    }

    /// A part of a path that was checked, or the target of a link, which the file system has checked.
    init(unchecked cString: [CChar]) {
        self.cString = cString
    }

    private static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
    }

    /// The path's bytes, without the NUL.
    var bytes: ArraySlice<CChar> { cString.dropLast() }

    package var isAbsolute: Bool { cString[0] == Self.slash }

    /// Whether a slash ends the path, which says that it leads to a directory.
    var endsInSlash: Bool { bytes.last == Self.slash }

    /// The path without its last component, `nil` when it has only one; and that component, with the slashes after it.
    func splitLast() -> (parent: [CChar]?, name: [CChar]) {
        let path = bytes
        guard let lastOfName = path.lastIndex(where: { $0 != Self.slash }) else { return (cString, [Self.dot, 0]) }
        guard let separator = path[...lastOfName].lastIndex(of: Self.slash) else { return (nil, cString) }
        return (path[...separator] + [0], Array(cString[(separator + 1)...]))
    }

    static let slash = CChar(UInt8(ascii: "/"))
    static let dot = CChar(UInt8(ascii: "."))
}
