/// The state of an open descriptor: `fdflags` of the specification.
package struct DescriptorFlags: OptionSet, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let append = DescriptorFlags(rawValue: 1 << 0)
    package static let dataSync = DescriptorFlags(rawValue: 1 << 1)
    package static let nonblocking = DescriptorFlags(rawValue: 1 << 2)
    package static let readSync = DescriptorFlags(rawValue: 1 << 3)
    package static let sync = DescriptorFlags(rawValue: 1 << 4)
    package static let all: DescriptorFlags = [.append, .dataSync, .nonblocking, .readSync, .sync]

    /// Those that make writes wait for the storage.
    package static let synchronous: DescriptorFlags = [.dataSync, .readSync, .sync]
}

/// How `path_open` opens: `oflags` of the specification.
package struct OpenFlags: OptionSet, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let create = OpenFlags(rawValue: 1 << 0)
    package static let directory = OpenFlags(rawValue: 1 << 1)
    package static let exclusive = OpenFlags(rawValue: 1 << 2)
    package static let truncate = OpenFlags(rawValue: 1 << 3)
    package static let all: OpenFlags = [.create, .directory, .exclusive, .truncate]
}

/// How a path's last component is looked up: `lookupflags` of the specification.
struct LookupFlags: OptionSet, Sendable {
    let rawValue: UInt32

    static let followSymbolicLinks = LookupFlags(rawValue: 1 << 0)
    static let all: LookupFlags = [.followSymbolicLinks]
}

/// Which times are to be set, and to what: `fstflags` of the specification.
struct TimestampFlags: OptionSet, Sendable {
    let rawValue: UInt16

    static let setAccess = TimestampFlags(rawValue: 1 << 0)
    static let setAccessToNow = TimestampFlags(rawValue: 1 << 1)
    static let setModification = TimestampFlags(rawValue: 1 << 2)
    static let setModificationToNow = TimestampFlags(rawValue: 1 << 3)
    static let all: TimestampFlags = [.setAccess, .setAccessToNow, .setModification, .setModificationToNow]
}

extension OptionSet where RawValue: FixedWidthInteger, Self == Self.Element {
    /// The set of these bits, which must all be named in `known`.
    init(checking rawValue: RawValue, within known: Self) throws(ErrorNumber) {
        guard rawValue & ~known.rawValue == 0 else { throw .invalidArgument }
        self.init(rawValue: rawValue)
    }
}
