import Platform
import Synchronization

/// Signs with the credentials that AWS's variables and files have: those in files are looked for again now and then, since
/// what logs in elsewhere writes new ones there.
final class S3Signer: Sendable {
    private let environment: [String: String]
    private let state: Mutex<(signature: SignatureVersion4, readAt: MonotonicTime)>
    private let interval: Duration

    /// - Parameter interval: How long credentials are used before they are looked for again.
    init(_ signature: SignatureVersion4, environment: [String: String], interval: Duration = .seconds(30)) {
        state = Mutex((signature, .now))
        self.environment = environment
        self.interval = interval
    }

    var signature: SignatureVersion4 {
        state.withLock { state in
            guard state.readAt + interval <= .now else { return state.signature }
            state.readAt = .now
            // A file that is being written may have none for a moment.
            if let credentials = AWSSettings(environment: environment).credentials {
                state.signature = SignatureVersion4(credentials: credentials, region: state.signature.region)
            }
            return state.signature
        }
    }
}
