/// A path as a guest gave it: never empty, without NUL, not longer than a host takes. Its bytes go to the host as they
/// are, so that files can be reached whose names are not UTF-8.
struct GuestPath {
    /// The longest path, in bytes.
    static let maximumLength = 4_095

    /// With the NUL at its end.
    let cString: [CChar]

    init(_ bytes: UnsafeRawBufferPointer) throws(ErrorNumber) {
        guard !bytes.isEmpty else { throw .noEntry }
        guard bytes.count <= Self.maximumLength else { throw .nameTooLong }
        guard !bytes.contains(0) else { throw .invalidArgument }
        cString = bytes.map { CChar(bitPattern: $0) } + [0]
    }

    init(_ text: String) throws(ErrorNumber) {
        let bytes = Array(text.utf8)
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(ErrorNumber) -> GuestPath in try GuestPath(bytes) }
        }
        self = try result.get()
    }

    /// The path's bytes, without the NUL.
    var bytes: ArraySlice<CChar> { cString.dropLast() }

    var isAbsolute: Bool { cString[0] == Self.slash }

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
