import CLinux
import Glibc

/// An event of a watched directory, as the kernel reports it (inotify(7)).
struct WatchEvent {
    /// The watch.
    let descriptor: Int32
    let mask: UInt32
    /// What is the same for both events of a rename; 0 for others.
    let cookie: UInt32
    let entry: Entry
    /// For a file that was renamed: whether to a name under which an editor keeps what it was before.
    var isPutAside = false

    /// What it is about.
    enum Entry: Hashable {
        /// The watched directory itself.
        case directory
        case name(String)
        /// A name that is not UTF-8, as far as it can be read.
        case unreadable(approximation: String)
    }

    var isAboutDirectory: Bool { has(IN_ISDIR) }
    var isOverflow: Bool { has(IN_Q_OVERFLOW) }
    /// Whether something has come, or gone, or changed its name.
    var isComingOrGoing: Bool { isComing || isGoing }
    var isComing: Bool { has(IN_CREATE, IN_MOVED_TO) }
    var isGoing: Bool { has(IN_DELETE, IN_MOVED_FROM) }

    func has<Flag: BinaryInteger>(_ flags: Flag...) -> Bool {
        flags.contains { mask & UInt32(truncatingIfNeeded: $0) != 0 }
    }

    /// Takes the first event off the buffer: four 32-bit words, then the name, padded with zeros.
    init?(consuming bytes: inout UnsafeRawBufferPointer) {
        guard bytes.count >= 16 else { return nil }
        descriptor = bytes.loadUnaligned(as: Int32.self)
        mask = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        cookie = bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
        let length = Int(bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        guard bytes.count >= 16 + length else { return nil }
        let name = bytes[16..<16 + length].prefix { $0 != 0 }
        if name.isEmpty {
            entry = .directory
        } else if let text = String(validating: name, as: UTF8.self) {
            entry = .name(text)
        } else {
            entry = .unreadable(approximation: String(decoding: name, as: UTF8.self))
        }
        bytes = UnsafeRawBufferPointer(rebasing: bytes[(16 + length)...])
    }
}
