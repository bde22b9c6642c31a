import Glibc

extension PathResolver {
    /// `O_PATH` of `<fcntl.h>`, which is hidden from Swift: a descriptor for the place, not for the contents.
    static let pathOnly: Int32 = 0o10_000_000

    /// The flags that open a directory for nothing but to look things up in it.
    static let searchFlags = pathOnly | O_DIRECTORY | O_CLOEXEC

    /// The flags that open whatever a name stands for, a symbolic link itself included, without its contents.
    static let entryFlags = pathOnly | O_CLOEXEC

    /// `struct open_how` of `<linux/openat2.h>`.
    private struct OpenHow {
        var flags: UInt64
        var mode: UInt64
        var resolve: UInt64
    }

    private static let openat2Number = 437
    private static let resolveNoMagicLinks: UInt64 = 0x02
    private static let resolveBeneath: UInt64 = 0x08

    private typealias SystemCall = @convention(c) (Int, Int, Int, Int, Int) -> Int

    /// `syscall(2)`, which Swift does not import because it is variadic.
    private static let systemCall: SystemCall? = dlsym(nil, "syscall").map { unsafeBitCast($0, to: SystemCall.self) }

    /// Whether the kernel has `openat2` (Linux 5.6) and lets this process use it.
    static let kernelResolvesBeneath: Bool = {
        let number = openat2(AT_FDCWD, [GuestPath.dot, 0], searchFlags, 0)
        guard number >= 0 else { return false }
        close(number)
        return true
    }()

    private static func openat2(_ directory: Int32, _ path: [CChar], _ flags: Int32, _ mode: mode_t) -> Int32 {
        guard let systemCall else { return -1 }
        var how = OpenHow(
            flags: UInt64(UInt32(bitPattern: flags)), mode: UInt64(mode), resolve: resolveBeneath | resolveNoMagicLinks)
        return path.withUnsafeBufferPointer { path in
            withUnsafePointer(to: &how) { how in
                Int32(
                    truncatingIfNeeded: systemCall(
                        openat2Number, Int(directory), Int(bitPattern: path.baseAddress), Int(bitPattern: how),
                        MemoryLayout<OpenHow>.size))
            }
        }
    }

    /// Opens by `openat2`; `nil` when renames elsewhere kept the kernel from being sure that the path stays beneath.
    static func openWithKernel(
        _ path: [CChar], _ root: Int32, _ flags: Int32, _ mode: mode_t, _ isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> HostDescriptor? {
        var attempts = 0
        while attempts < 16 {
            let number = openat2(root, path, flags, flags & O_CREAT == 0 ? 0 : mode)
            if number >= 0 { return HostDescriptor(owning: number) }
            switch errno {
            case EINTR where !isInterrupted(): continue
            case EAGAIN: attempts += 1
            case EXDEV: throw .operationNotPermitted
            default: throw .current
            }
        }
        return nil
    }
}
