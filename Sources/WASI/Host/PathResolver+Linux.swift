import CLinux
import Glibc
import Platform

extension PathResolver {
    /// A descriptor for the place, not for the contents.
    static let pathOnly = O_PATH

    /// The flags that open a directory for nothing but to look things up in it.
    static let searchFlags = DirectoryHandle.searchFlags

    /// The flags that open whatever a name stands for, a symbolic link itself included, without its contents.
    static let entryFlags = O_PATH | O_CLOEXEC

    /// Whether the kernel has `openat2` (Linux 5.6) and lets this process use it.
    static var kernelResolvesBeneath: Bool { DirectoryHandle.kernelResolvesBeneath }

    /// Opens by `openat2`; `nil` when renames elsewhere kept the kernel from being sure that the path stays beneath.
    static func openWithKernel(
        _ path: [CChar], _ root: Int32, _ flags: Int32, _ mode: mode_t, _ isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> HostDescriptor? {
        do throws(SystemError) {
            return try path.withUnsafeBufferPointer { (path) throws(SystemError) in
                HostDescriptor(
                    owning: try DirectoryHandle.openBeneath(
                        root, path.baseAddress!, flags: flags, mode: mode, isInterrupted: isInterrupted))
            }
        } catch {
            switch error.code {
            case EAGAIN: return nil
            case EXDEV: throw .operationNotPermitted
            default: throw ErrorNumber(hostError: error.code)
            }
        }
    }
}
