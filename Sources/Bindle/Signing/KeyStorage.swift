import Cryptography
package import Platform

/// Where keys are kept by default: in the places, and named by the environment variables, of the Bindle client.
package struct KeyStorage: Sendable {
    /// The public keys that are known: `BINDLE_KEYRING`, else `keyring.toml` in Bindle's configuration directory.
    package let keyringPath: String
    /// The secret keys: `secret_keys.toml` in that directory.
    package let secretKeysPath: String

    package init(keyringPath: String, secretKeysPath: String) {
        self.keyringPath = keyringPath
        self.secretKeysPath = secretKeysPath
    }

    package init(environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let configuration = UserFile.configurationDirectory(environment)
        self.init(
            keyringPath: value("BINDLE_KEYRING") ?? "\(configuration)/bindle/keyring.toml",
            secretKeysPath: "\(configuration)/bindle/secret_keys.toml")
    }

    /// The file in which something is kept for a store, by its path: a store can come with a repository, so that nothing beside
    /// it is believed.
    package static func path(
        in directory: UserFile, forStore store: String, _ environment: [String: String]
    ) -> String {
        let absolute = FilePath.absolute(store)
        return "\(directory.path(environment))/\(SHA256.hash(absolute.utf8).hex)"
    }

    /// The keyring; an empty one where there is no file.
    package func keyring() throws(KeyStorageError) -> Keyring {
        guard let text = try read(keyringPath) else { return Keyring() }
        do { return try Keyring(parsing: text) } catch { throw .malformed(path: keyringPath, error) }
    }

    /// The secret keys; none where there is no file.
    package func secretKeys() throws(KeyStorageError) -> SecretKeys {
        guard let text = try read(secretKeysPath) else { return SecretKeys() }
        do { return try SecretKeys(parsing: text) } catch { throw .malformed(path: secretKeysPath, error) }
    }

    package func save(_ keyring: Keyring) throws(KeyStorageError) {
        try write(keyring.toml, to: keyringPath)
    }

    package func save(_ keys: SecretKeys) throws(KeyStorageError) {
        try write(keys.toml, to: secretKeysPath)
    }

    private func read(_ path: String) throws(KeyStorageError) -> [UInt8]? {
        do {
            return try FileReader.bytes(of: path, limit: 16 << 20)
        } catch .system(let error) where error.code == ENOENT {
            return nil
        } catch {
            throw .unreadable(path: path, detail: error.reason)
        }
    }

    private func write(_ text: String, to path: String) throws(KeyStorageError) {
        do { try PendingFile.writePrivately(text, to: path) } catch {
            throw .unwritable(path: path, detail: "\(error)")
        }
    }
}

/// Why keys could not be read or kept.
package enum KeyStorageError: Error, Hashable, CustomStringConvertible {
    case unreadable(path: String, detail: String)
    case malformed(path: String, InvoiceError)
    case unwritable(path: String, detail: String)

    package var description: String {
        switch self {
        case .unreadable(let path, let detail): "cannot read \(path): \(detail)"
        case .malformed(let path, let error): "\(path): \(error)"
        case .unwritable(let path, let detail): "cannot write \(path): \(detail)"
        }
    }
}
