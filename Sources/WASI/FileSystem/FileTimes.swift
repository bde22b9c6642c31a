/// The times that a file is to get.
package struct FileTimes: Equatable, Sendable {
    package enum Change: Equatable, Sendable {
        case unchanged
        case now
        /// Nanoseconds since 1970.
        case to(UInt64)
    }

    let access: Change
    let modification: Change

    package init(access: Change, modification: Change) {
        self.access = access
        self.modification = modification
    }

    /// Reads the arguments of a function that sets times: nanoseconds since 1970, and which of them count.
    init(access: UInt64, modification: UInt64, flags: UInt16) throws(ErrorNumber) {
        let flags = try TimestampFlags(checking: flags, within: .all)
        self.access = try Self.change(
            access, isSet: flags.contains(.setAccess), isNow: flags.contains(.setAccessToNow))
        self.modification = try Self.change(
            modification, isSet: flags.contains(.setModification), isNow: flags.contains(.setModificationToNow))
    }

    private static func change(_ nanoseconds: UInt64, isSet: Bool, isNow: Bool) throws(ErrorNumber) -> Change {
        switch (isSet, isNow) {
        case (true, true): throw .invalidArgument
        case (true, false): .to(nanoseconds)
        case (false, true): .now
        case (false, false): .unchanged
        }
    }
}
