import JSON
import Platform
import SandboxProtocol

/// The claim of one sandbox on a store. It ends with the process, however that ends.
final class SandboxLock: Sendable {
    /// The lock's file cannot be made.
    struct Unusable: Error, CustomStringConvertible {
        let path: String
        let code: Int32

        var description: String { "cannot write \(path): \(SystemError.reason(code))" }
    }

    private let fileDescriptor: Int32
    private let path: String

    /// Attempts, and the time between two, in microseconds: whoever only looks whether there is a sandbox holds the lock for an
    /// instant, and so does a child that a killed sandbox had just made, until it runs another program.
    private static let patience = 400
    private static let pause: UInt32 = 5_000

    /// Claims the store in this file.
    init(store: String) throws {
        let path = Self.path(ofStore: store)
        let fileDescriptor = PrivateFiles.open(path, O_RDWR | O_CREAT)
        guard fileDescriptor >= 0 else { throw Unusable(path: path, code: errno) }
        var attempt = 0
        while flock(fileDescriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            attempt += 1
            let holder = Self.holder(in: fileDescriptor)
            if code == EWOULDBLOCK, attempt < Self.patience, holder.map({ kill(pid_t($0.process), 0) != 0 }) ?? true {
                usleep(Self.pause)
                continue
            }
            close(fileDescriptor)
            guard code == EWOULDBLOCK else { throw Unusable(path: path, code: code) }
            throw SandboxInUse(store: store, holder: holder)
        }
        // What a sandbox that was killed has left says nothing.
        ftruncate(fileDescriptor, 0)
        // Not before: what has all its properties is deinitialised when its initialiser throws, and would close it once more.
        self.fileDescriptor = fileDescriptor
        self.path = path
    }

    /// Whether its file is there no more, or is another one, so that nobody finds this claim.
    var isLost: Bool {
        guard let own = FileStatus(descriptor: fileDescriptor), let found = FileStatus(linkAt: path) else {
            return true
        }
        return found.id != own.id
    }

    deinit {
        ftruncate(fileDescriptor, 0)
        close(fileDescriptor)
    }

    /// Tells others who ask for the store where this sandbox serves, and what it keeps.
    func announce(_ sandbox: RunningSandbox) {
        var bytes = Array(sandbox.object.serialized.utf8)
        // Whoever reads it meanwhile finds no rest of what was there, but spaces.
        let before = Int(FileStatus(descriptor: fileDescriptor)?.size ?? 0)
        bytes += [UInt8](repeating: UInt8(ascii: " "), count: max(0, before - bytes.count))
        pwrite(fileDescriptor, bytes, bytes.count, 0)
    }

    /// The file that is locked.
    static func path(ofStore store: String) -> String { store + ".up" }

    /// True if a sandbox that runs has the store.
    static func isHeld(store: String) -> Bool {
        let fileDescriptor = PrivateFiles.open(path(ofStore: store), O_RDONLY)
        guard fileDescriptor >= 0 else { return false }
        defer { close(fileDescriptor) }
        return flock(fileDescriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    /// The sandbox that has a store, if one has.
    static func holder(ofStore store: String) -> RunningSandbox? {
        let fileDescriptor = PrivateFiles.open(path(ofStore: store), O_RDONLY)
        guard fileDescriptor >= 0 else { return nil }
        defer { close(fileDescriptor) }
        return holder(in: fileDescriptor)
    }

    private static func holder(in fileDescriptor: Int32) -> RunningSandbox? {
        // It has paths.
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = pread(fileDescriptor, &bytes, bytes.count, 0)
        guard count > 0, let object = try? JSONValue(parsing: bytes[..<count]).object,
            let process = object["process"]?.integer, let app = object["app"]?.string,
            let bindle = object["bindle"]?.string
        else { return nil }
        return RunningSandbox(
            process: process, app: app, server: object["server"]?.string, bindle: bindle,
            bindleKeyPin: object["bindleKey"]?.string, isEphemeral: object["ephemeral"] == .boolean(true),
            data: object["data"]?.object.flatMap(KeptData.init(json:)))
    }
}
