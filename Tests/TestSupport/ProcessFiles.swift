import Foundation

/// What `/proc` says of a process.
package enum ProcessFiles {
    /// Bytes of memory that are the process's own: what it has of files is left out.
    package static func privateMemory(of process: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        guard let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
            throw CocoaError(.fileReadCorruptFile)
        }
        return kilobytes << 10
    }

    /// The bytes in files that have no name any more, which a process has open.
    ///
    /// - Parameter prefix: what the names began with that they had.
    package static func bytesInRemovedFiles(of process: Int32, named prefix: String) throws -> Int {
        let directory = "/proc/\(process)/fd"
        return try FileManager.default.contentsOfDirectory(atPath: directory).reduce(0) { sum, name in
            let path = directory + "/" + name
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path),
                target.hasSuffix(" (deleted)"), target.split(separator: "/").last?.hasPrefix(prefix) == true
            else { return sum }
            var status = stat()
            return stat(path, &status) == 0 ? sum + Int(status.st_size) : sum
        }
    }
}
