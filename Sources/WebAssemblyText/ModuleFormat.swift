/// In which of its two formats a module is written, which its content says.
package enum ModuleFormat: Hashable, Sendable {
    case binary
    case text

    /// How many bytes of a module it takes to tell.
    package static let tellingByteCount = 4096
    /// What binaries begin with, components among them.
    private static let magic: [UInt8] = [0x00, 0x61, 0x73, 0x6D]

    /// - Parameters:
    ///   - beginning: the first `tellingByteCount` bytes of the module, or all of it.
    ///   - name: the module's name, which decides what is neither: it is text that is being written if it ends in `.wat`.
    package init(beginning: some Sequence<UInt8>, name: String) {
        let bytes = Array(beginning.prefix(Self.tellingByteCount))
        if Self.isBinary(bytes) {
            self = .binary
            return
        }
        let first = bytes.first { ![0x09, 0x0A, 0x0D, 0x20].contains($0) }
        let beginsAsText = first == UInt8(ascii: "(") || first == UInt8(ascii: ";")
        self = beginsAsText || name.utf8.suffix(4).elementsEqual(".wat".utf8) ? .text : .binary
    }

    /// Whether bytes are the beginning of a module or a component in the binary format.
    package static func isBinary(_ beginning: [UInt8]) -> Bool { beginning.starts(with: magic) }
}
