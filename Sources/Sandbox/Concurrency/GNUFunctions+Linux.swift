import Glibc

/// Functions of the GNU C library whose declarations its headers show only to programs that ask for GNU extensions, or
/// that are in none of the headers that can be imported.
enum GNUFunctions {
    /// `pipe2(2)`: a pipe whose flags are set as it is made, so that no other thread's child can inherit it.
    static let pipe2: @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Int32 = lookUp("pipe2")

    /// `posix_spawn_file_actions_addchdir_np(3)`.
    static let addChangeOfDirectory:
        @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, UnsafePointer<CChar>) -> Int32 =
            lookUp("posix_spawn_file_actions_addchdir_np")

    /// `openpty(3)`.
    static let openTerminal:
        @convention(c) (
            UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<CChar>?,
            UnsafeRawPointer?, UnsafePointer<winsize>?
        ) -> Int32 = lookUp("openpty")

    /// `statfs(2)`, into a structure of some 120 bytes.
    static let statfs: @convention(c) (UnsafePointer<CChar>, UnsafeMutableRawPointer) -> Int32 = lookUp("statfs")

    private static func lookUp<Function>(_ name: String) -> Function {
        guard let address = dlsym(nil, name) else { fatalError("the C library has no \(name)") }
        return unsafeBitCast(address, to: Function.self)
    }
}
