import Foundation

/// How a program writes to a file that others have open: in place, as some editors do, and `cp`.
package enum Rewriting: CaseIterable, Sendable {
    case sameLength, longer, shorter
    /// With the time of modification that it had before.
    case sameLengthAndTime

    /// Gives every byte of the file at `path` another value, and the file another length where the case says so.
    package func happen(to path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw CocoaError(.fileReadNoSuchFile) }
        let old = try Data(contentsOf: URL(fileURLWithPath: path))
        var new = Data(old.map { ~$0 })
        switch self {
        case .sameLength, .sameLengthAndTime: break
        case .longer: new.append(contentsOf: [1, 2, 3])
        case .shorter: new.removeLast(new.count / 2)
        }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.write(contentsOf: new)
        try handle.truncate(atOffset: UInt64(new.count))
        if self == .sameLengthAndTime {
            let times = [status.st_atim, status.st_mtim]
            guard futimens(handle.fileDescriptor, times) == 0 else { throw CocoaError(.fileWriteUnknown) }
        }
        try handle.close()
    }
}
