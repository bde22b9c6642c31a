import Foundation

/// The process that listens on a port.
struct PortHolder: Hashable, Sendable, CustomStringConvertible {
    let process: pid_t
    /// The program's name, as the kernel knows it.
    let name: String

    var description: String { "\(name) (process \(process))" }

    /// Finds who listens on a port of this machine; `nil` if nobody does, or if it is somebody else's process.
    static func find(_ port: UInt16) -> PortHolder? {
        let inodes = listeningSockets(on: port)
        guard !inodes.isEmpty else { return nil }
        let links = Set(inodes.map { "socket:[\($0)]" })
        let files = FileManager.default
        for process in ((try? files.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap({ pid_t($0) }).sorted() {
            let directory = "/proc/\(process)/fd"
            for descriptor in (try? files.contentsOfDirectory(atPath: directory)) ?? [] {
                guard let target = try? files.destinationOfSymbolicLink(atPath: "\(directory)/\(descriptor)"),
                    links.contains(target)
                else { continue }
                let name = (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) ?? "a program"
                return PortHolder(process: process, name: name.trimmingCharacters(in: .whitespacesAndNewlines))
            }
        }
        return nil
    }

    /// The inodes of sockets that listen on the port, of both families.
    private static func listeningSockets(on port: UInt16) -> [Substring] {
        ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { path -> [Substring] in
            let table = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            return table.split(separator: "\n").dropFirst().compactMap { line in
                // Number, local address and port, remote ones, state (0A is LISTEN), …, inode.
                let fields = line.split(separator: " ")
                guard fields.count > 9, fields[3] == "0A", let digits = fields[1].split(separator: ":").last,
                    UInt16(digits, radix: 16) == port
                else { return nil }
                return fields[9]
            }
        }
    }
}
