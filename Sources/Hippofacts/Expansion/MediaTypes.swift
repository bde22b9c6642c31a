import Content
import HTTP
import WebAssemblyText

extension Hippofacts {
    /// The media type of a module: what is assembled is binary in the bindle, whatever it is called.
    static func mediaType(ofModule path: RelativePath, _ format: ModuleFormat) -> String {
        let isCalledText = path.string.utf8.suffix(4).elementsEqual(".wat".utf8)
        return format == .text || isCalledText ? "application/wasm" : mediaType(ofPath: path.string)
    }

    /// The media type that a file's name speaks for.
    static func mediaType(ofPath path: String) -> String {
        MediaType.forPath(path)
    }
}

/// What follows the last point of the last component, empty without one.
func pathExtension(of path: String) -> Substring {
    let bytes = path.utf8
    guard let point = bytes.lastIndex(of: UInt8(ascii: ".")) else { return "" }
    let suffix = path[bytes.index(after: point)...]
    return suffix.utf8.contains(UInt8(ascii: "/")) ? "" : suffix
}
