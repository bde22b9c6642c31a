import Foundation
import SandboxProtocol

/// The claim of one sandbox on a store. It ends with the process, however that ends.
final class SandboxLock: Sendable {
    /// Another sandbox has the store.
    struct Held: Error, CustomStringConvertible {
        let store: String
        let holder: Holder?

        var description: String {
            guard let holder else {
                return "the store \(store) is in use by another hippo-dev. Stop it, or use --ephemeral."
            }
            return """
                hippo-dev up already runs here, as process \(holder.process): it serves the app at \(holder.app) and \
                bindles at \(holder.bindle). Use that one, stop it, or add --ephemeral and another --listen address.
                """
        }
    }

    /// The lock's file cannot be made.
    struct Unusable: Error, CustomStringConvertible {
        let path: String
        let code: Int32

        var description: String { "cannot write \(path): \(String(cString: strerror(code)))" }
    }

    /// Who holds a store, as its lock file says.
    struct Holder: Hashable, Sendable {
        let process: Int
        let app: String
        let bindle: String
    }

    private let fileDescriptor: Int32

    /// Claims the store in this file.
    init(store: String) throws {
        let path = store + ".up"
        fileDescriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard fileDescriptor >= 0 else { throw Unusable(path: path, code: errno) }
        guard flock(fileDescriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let holder = Self.holder(in: fileDescriptor)
            close(fileDescriptor)
            guard code == EWOULDBLOCK else { throw Unusable(path: path, code: code) }
            throw Held(store: store, holder: holder)
        }
        ftruncate(fileDescriptor, 0)
    }

    deinit {
        ftruncate(fileDescriptor, 0)
        close(fileDescriptor)
    }

    /// Tells others who asks for the store where this sandbox serves.
    func announce(app: String, bindle: String) {
        let text: JSONObject = [
            "process": .integer(Int(getpid())), "app": .string(app), "bindle": .string(bindle),
        ]
        let bytes = Array(text.serialized.utf8)
        pwrite(fileDescriptor, bytes, bytes.count, 0)
    }

    /// The sandbox that has a store, if one has.
    static func holder(ofStore store: String) -> Holder? {
        let fileDescriptor = open(store + ".up", O_RDONLY | O_CLOEXEC)
        guard fileDescriptor >= 0 else { return nil }
        defer { close(fileDescriptor) }
        return holder(in: fileDescriptor)
    }

    private static func holder(in fileDescriptor: Int32) -> Holder? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = pread(fileDescriptor, &bytes, bytes.count, 0)
        guard count > 0, let object = try? JSONValue(parsing: bytes[..<count]).object,
            let process = object["process"]?.integer, let app = object["app"]?.string,
            let bindle = object["bindle"]?.string
        else { return nil }
        return Holder(process: process, app: app, bindle: bindle)
    }
}
