import Foundation

/// Where keys are kept by default: in the places, and named by the environment variables, of the Bindle client.
public struct KeyStorage: Sendable {
    /// The public keys that are known: `BINDLE_KEYRING`, else `keyring.toml` in Bindle's configuration directory.
    public let keyringPath: String
    /// The secret keys: `secret_keys.toml` in that directory.
    public let secretKeysPath: String

    public init(keyringPath: String, secretKeysPath: String) {
        self.keyringPath = keyringPath
        self.secretKeysPath = secretKeysPath
    }

    public init(environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        // By the XDG specification, a relative directory is not one.
        let configuration =
            value("XDG_CONFIG_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? (value("HOME") ?? NSHomeDirectory()) + "/.config"
        self.init(
            keyringPath: value("BINDLE_KEYRING") ?? "\(configuration)/bindle/keyring.toml",
            secretKeysPath: "\(configuration)/bindle/secret_keys.toml")
    }

    /// The keyring; an empty one where there is no file.
    public func keyring() throws(KeyStorageError) -> Keyring {
        guard let text = try read(keyringPath) else { return Keyring() }
        do { return try Keyring(parsing: text) } catch { throw .malformed(path: keyringPath, error) }
    }

    /// The secret keys; none where there is no file.
    public func secretKeys() throws(KeyStorageError) -> SecretKeys {
        guard let text = try read(secretKeysPath) else { return SecretKeys() }
        do { return try SecretKeys(parsing: text) } catch { throw .malformed(path: secretKeysPath, error) }
    }

    public func save(_ keyring: Keyring) throws(KeyStorageError) {
        try write(keyring.toml, to: keyringPath)
    }

    public func save(_ keys: SecretKeys) throws(KeyStorageError) {
        try write(keys.toml, to: secretKeysPath)
    }

    private func read(_ path: String) throws(KeyStorageError) -> [UInt8]? {
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch CocoaError.fileReadNoSuchFile, CocoaError.fileNoSuchFile {
            return nil
        } catch {
            throw .unreadable(path: path, detail: error.localizedDescription)
        }
    }

    /// Writes a file that only its owner may read, in a directory that only its owner may enter if it is made here.
    private func write(_ text: String, to path: String) throws(KeyStorageError) {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let file = try PendingFile(replacing: path, permissions: 0o600)
            try file.write(Array(text.utf8))
            try file.commit()
        } catch {
            throw .unwritable(path: path, detail: "\(error)")
        }
    }
}

/// Why keys could not be read or kept.
public enum KeyStorageError: Error, Hashable, CustomStringConvertible {
    case unreadable(path: String, detail: String)
    case malformed(path: String, InvoiceError)
    case unwritable(path: String, detail: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let detail): "cannot read \(path): \(detail)"
        case .malformed(let path, let error): "\(path): \(error)"
        case .unwritable(let path, let detail): "cannot write \(path): \(detail)"
        }
    }
}
