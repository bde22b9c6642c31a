import Platform

/// The process that listens on a port.
struct PortHolder: Hashable, Sendable, CustomStringConvertible {
    let process: pid_t
    /// The program's name, as the kernel knows it.
    let name: String

    /// Whether it is a hippo-dev of this user: files of other users' processes cannot be looked at.
    var isHippoDev: Bool { name == "hippo-dev" }

    var description: String { "\(name) (process \(process))" }

    /// Finds who listens on a port of this machine; `nil` if nobody does, or if it is somebody else's process.
    static func find(_ port: UInt16) -> PortHolder? {
        let inodes = listeningSockets(on: port)
        guard !inodes.isEmpty else { return nil }
        let links = Set(inodes.map { "socket:[\($0)]" })
        for process in ((try? Directories.names(in: "/proc")) ?? []).compactMap({ pid_t($0) }).sorted() {
            let directory = "/proc/\(process)/fd"
            for descriptor in (try? Directories.names(in: directory)) ?? [] {
                guard let target = linkTarget("\(directory)/\(descriptor)"),
                    links.contains(target)
                else { continue }
                let name = (try? FileReader.text(of: "/proc/\(process)/comm", limit: 4096)) ?? "a program"
                return PortHolder(process: process, name: String(name.prefix { !$0.isNewline }))
            }
        }
        return nil
    }

    /// The inodes of sockets that listen on the port, of both families.
    private static func listeningSockets(on port: UInt16) -> [Substring] {
        ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { path -> [Substring] in
            let table = (try? FileReader.text(of: path, limit: 64 << 20)) ?? ""
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
