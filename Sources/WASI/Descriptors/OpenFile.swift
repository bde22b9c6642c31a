import Glibc

/// A file, or another thing that is not a directory, that a guest has opened by its path.
final class OpenFile {
    private let descriptor: HostDescriptor
    let type: FileType
    /// Whether it was reached through a read-only preopen, so that not even its times can be changed.
    let isReadOnly: Bool

    init(_ descriptor: HostDescriptor, type: FileType, isReadOnly: Bool) {
        self.descriptor = descriptor
        self.type = type
        self.isReadOnly = isReadOnly
    }

    var number: Int32 { descriptor.number }
}
