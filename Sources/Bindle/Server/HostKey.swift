import Platform
import Synchronization

/// The key with which a server vouches for the invoices that it gives out, as host.
///
/// It is read, or made, when it is wanted first: see <doc:Signatures>. Any thread may ask for it.
package final class HostKey: Sendable {
    private let load: @Sendable () throws -> SecretKey
    private let onProblem: @Sendable (String) -> Void
    private let state = Mutex<State>(.unread)

    private enum State: Sendable {
        case unread
        case known(SecretKey)
        /// It cannot be read or made; what came of that was told.
        case unusable
    }

    /// A key that is there already.
    package init(_ key: SecretKey) {
        load = { key }
        onProblem = { _ in }
    }

    /// The key of a file, which is made if there is none.
    /// - Parameter onProblem: Told once if there can be no key; nothing is signed then.
    package init(path: String, onProblem: @escaping @Sendable (String) -> Void) {
        load = { try Self.read(path) }
        self.onProblem = onProblem
    }

    /// The file for all servers of a user: `hippo/host_key.toml` in the user's configuration directory.
    package static func standardPath(environment: [String: String]) -> String {
        UserFile.hostKey.path(environment)
    }

    /// The key; `nil` if there can be none.
    package var key: SecretKey? {
        let (key, problem) = state.withLock { state -> (SecretKey?, String?) in
            switch state {
            case .known(let key): return (key, nil)
            case .unusable: return (nil, nil)
            case .unread: break
            }
            do {
                let key = try load()
                state = .known(key)
                return (key, nil)
            } catch {
                state = .unusable
                return (nil, "\(error)")
            }
        }
        if let problem { onProblem("Invoices are not signed as host, since there is no key for that: \(problem)") }
        return key
    }

    /// Reads a file's key for signing as host, and puts one there if it has none.
    private static func read(_ path: String) throws -> SecretKey {
        let storage = KeyStorage(keyringPath: "", secretKeysPath: path)
        var keys = try storage.secretKeys()
        if let key = keys.key(for: .host) { return key }
        keys.keys.append(SecretKey(label: "\(ProcessEnvironment.hostName) <hippo-dev>", roles: [.host]))
        if FileStatus(path: path) == nil {
            // Of two processes that find no key, one makes it, and both have that one.
            try PendingFile.writePrivately(keys.toml, to: path, unlessPresent: true)
        } else {
            try storage.save(keys)
        }
        guard let key = try storage.secretKeys().key(for: .host) else {
            throw KeyStorageError.unreadable(path: path, detail: "it has no key for signing as host")
        }
        return key
    }
}

extension HostKey {
    /// The signature of a stored invoice as host; `nil` if there is no key, or if the key has signed it already.
    ///
    /// The same invoice always gets the same signature. It is told to be made when the newest parcel came in.
    func signature(of id: BindleID, _ invoice: StoredInvoice) -> Signature? {
        guard let key, let digests = invoice.digests else { return nil }
        let publicKey = Base64.encode(key.privateKey.publicKey.bytes)
        let tail = invoice.text[invoice.tailStart...]
        guard !tail.contains(sequence: Array("\"\(publicKey)\"".utf8)) else { return nil }
        let text = Invoice.signedText(by: key.label, role: .host, id: id, digests: digests.lazy.map(\.hex))
        return Signature(
            by: key.label, signature: Base64.encode(key.privateKey.signature(for: text)), key: publicKey, role: .host,
            at: Int(invoice.time / 1_000_000_000))
    }
}

extension ArraySlice<UInt8> {
    /// Whether the bytes are in it, one after the other.
    fileprivate func contains(sequence part: [UInt8]) -> Bool {
        guard let first = part.first else { return true }
        var rest = self
        while let index = rest.firstIndex(of: first) {
            rest = rest[index...]
            if rest.starts(with: part) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
