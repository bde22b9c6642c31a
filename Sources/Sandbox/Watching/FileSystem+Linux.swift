import CLinux
import Platform

/// The file system that a directory is on, as far as watching it goes.
enum FileSystem: Hashable, Sendable {
    /// All changes pass through this kernel, which tells of them.
    case local
    /// Others may change files without this kernel's knowing: another machine, the host of this one, or a program.
    case remote(name: String)

    /// The file system of what is at a path; a local one, if that cannot be told.
    init(ofItemAt path: String) {
        var status = statfs()
        self = statfs(path, &status) == 0 ? FileSystem(type: UInt32(truncatingIfNeeded: status.f_type)) : .local
    }

    /// - Parameter type: the number by which `statfs` names it.
    init(type: UInt32) {
        self = Self.remoteNames[type].map { .remote(name: $0) } ?? .local
    }

    /// Whether names that differ in nothing but upper and lower case are one name in a directory. False if it has no
    /// name that tells.
    static func ignoresCase(inDirectory path: String) -> Bool {
        for entry in DirectoryEntry.entries(ofDirectory: path) ?? [] {
            let lowercased = entry.name.lowercased()
            let other = entry.name == lowercased ? entry.name.uppercased() : lowercased
            guard other != entry.name, let status = FileStatus(linkAt: path + "/" + entry.name) else { continue }
            return FileStatus(linkAt: path + "/" + other)?.id == status.id
        }
        return false
    }

    /// FUSE is among them: `sshfs` is made of it, and the shared folders of many virtual machines and containers.
    private static let remoteNames: [UInt32: String] = [
        0x6969: "NFS", 0x517B: "SMB", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB", 0x0102_1997: "9P", 0x6573_5546: "FUSE",
        0x786F_4256: "VirtualBox", 0xBACB_ACBC: "VMware", 0x7C7C_6673: "Parallels", 0x00C3_6400: "Ceph",
        0x5346_414F: "AFS", 0x6B41_4653: "AFS", 0x7375_7245: "Coda", 0x0BD0_0BD0: "Lustre", 0x0116_1970: "GFS2",
        0x7461_636F: "OCFS2", 0x4750_4653: "GPFS", 0x1983_0326: "BeeGFS", 0x2030_528D: "OrangeFS",
    ]
}
