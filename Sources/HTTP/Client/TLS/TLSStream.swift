import Platform

/// Which servers are believed to be who they say they are.
package struct TLSPolicy: Hashable, Sendable {
    /// Whether the server's certificate must be valid for its name. Without that, anybody on the way can read what is
    /// sent, and change it.
    package var verifiesServer = true
    /// A file of certificates, in PEM, of the authorities that are trusted instead of the system's.
    package var authoritiesPath: String?
    /// The certificate of the user's own authority, in PEM, which is trusted for names and addresses of this machine, too,
    /// if there is such a file. See `LocalAuthority`.
    package var localAuthorityPath: String?
    /// The digest of the key that the server has, as `TLSIdentity.publicKeyPin` tells it. Its certificate need not be valid
    /// for anything then: who started the server knows it by its key.
    package var publicKeyPin: String?

    package init() {}

    /// The policy with which a server on this machine gets another chance; `nil` where it gets none.
    fileprivate func trustingLocalAuthority(for url: HTTPURL) -> TLSPolicy? {
        guard let localAuthorityPath, publicKeyPin == nil, ProxySettings.isLoopback(url.host),
            FileStatus(path: localAuthorityPath)?.isRegular == true
        else { return nil }
        var policy = self
        policy.authoritiesPath = localAuthorityPath
        return policy
    }
}

/// A connection that is secured by TLS 1.2 or later. Connecting, a proxy that the environment names, and the handshake
/// are libcurl's affair; what is said over the connection is not.
///
/// Used by one thread at a time.
final class TLSStream {
    private let library: CurlLibrary
    private let handle: CurlLibrary.Handle
    /// Where libcurl puts its words for what went wrong.
    private let message: UnsafeMutablePointer<CChar>
    let fileDescriptor: Int32

    /// Numbers of options, results and so on, from libcurl's documentation of its binary interface.
    private enum Number {
        static let url: Int32 = 10002
        static let errorBuffer: Int32 = 10010
        static let authorities: Int32 = 10065
        static let withoutProxy: Int32 = 10177
        static let pinnedKey: Int32 = 10230
        static let sslVersion: Int32 = 32
        static let verifiesPeer: Int32 = 64
        static let verifiesHost: Int32 = 81
        static let httpVersion: Int32 = 84
        static let avoidsSignals: Int32 = 99
        static let connectsOnly: Int32 = 141
        static let connectTimeout: Int32 = 156

        static let tls12 = 6
        static let http11 = 2

        static let unknownProxy: Int32 = 5
        static let unknownHost: Int32 = 6
        static let cannotConnect: Int32 = 7
        static let timedOut: Int32 = 28
        static let certificateProblem: Int32 = 60
        static let otherKey: Int32 = 90
        static let again: Int32 = 81

        static let systemError: Int32 = 0x200000 + 25
        static let activeSocket: Int32 = 0x500000 + 44
    }

    /// Connects to the URL's host. One of this machine that no authority vouches for is tried once more with the user's own,
    /// if there is one.
    static func open(to url: HTTPURL, policy: TLSPolicy, timeout: Duration) throws(ClientError) -> TLSStream {
        do { return try TLSStream(to: url, policy: policy, timeout: timeout) } catch {
            guard case .untrustedServer = error.reason, let other = policy.trustingLocalAuthority(for: url) else {
                throw error
            }
            return try TLSStream(to: url, policy: other, timeout: timeout)
        }
    }

    private init(to url: HTTPURL, policy: TLSPolicy, timeout: Duration) throws(ClientError) {
        func failure(_ reason: ClientError.Reason) -> ClientError { ClientError(reason: reason, url: url) }
        let library: CurlLibrary
        do { library = try CurlLibrary.shared.get() } catch { throw failure(.tls(error.problem)) }
        self.library = library
        guard let handle = library.makeHandle() else { throw failure(.tls("libcurl has no memory")) }
        self.handle = handle
        message = .allocate(capacity: 256)
        message.initialize(repeating: 0, count: 256)
        var isAccepted = true
        func set(_ option: Int32, _ number: Int) {
            isAccepted = library.setNumber(handle, option, number) == 0 && isAccepted
        }
        func set(_ option: Int32, _ text: String) {
            // libcurl copies it.
            isAccepted = text.withCString { library.setPointer(handle, option, $0) } == 0 && isAccepted
        }
        _ = library.setPointer(handle, Number.errorBuffer, message)
        set(Number.url, "https://\(url.authority)/")
        set(Number.connectsOnly, 1)
        set(Number.avoidsSignals, 1)
        set(Number.httpVersion, Number.http11)
        set(Number.sslVersion, Number.tls12)
        let milliseconds = timeout / .milliseconds(1)
        set(Number.connectTimeout, max(1, Int(min(milliseconds, 1e9))))
        let checksCertificate = policy.verifiesServer && policy.publicKeyPin == nil
        set(Number.verifiesPeer, checksCertificate ? 1 : 0)
        set(Number.verifiesHost, checksCertificate ? 2 : 0)
        if let pin = policy.publicKeyPin { set(Number.pinnedKey, pin) }
        // As without TLS, no proxy leads back to this machine.
        if ProxySettings.isLoopback(url.host) { set(Number.withoutProxy, "*") }
        if let path = policy.authoritiesPath { set(Number.authorities, path) }
        var socket: Int32 = -1
        let result = isAccepted ? library.perform(handle) : -1
        if result == 0 { _ = library.getInfo(handle, Number.activeSocket, &socket) }
        fileDescriptor = socket
        guard result == 0, socket >= 0 else {
            let reason = isAccepted ? reason(result) : .tls("this libcurl does not know an option that is needed")
            throw failure(reason)
        }
    }

    deinit {
        library.cleanUp(handle)
        message.deallocate()
    }

    private func reason(_ result: Int32) -> ClientError.Reason {
        var words = String(cString: message)
        if words.isEmpty, let text = library.describe(result) { words = String(cString: text) }
        switch result {
        case Number.unknownProxy, Number.unknownHost: return .unknownHost(words)
        case Number.timedOut: return .connectTimedOut
        case Number.cannotConnect:
            var code = 0
            _ = library.getInfo(handle, Number.systemError, &code)
            return .cannotConnect(SystemError(operation: "connect", code: Int32(truncatingIfNeeded: code)))
        case Number.certificateProblem, Number.otherKey: return .untrustedServer(words)
        default: return .tls(words)
        }
    }

    func send(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
        var count = 0
        switch library.send(handle, bytes.baseAddress, bytes.count, &count) {
        case 0: return .moved(count)
        case Number.again: return .wouldBlock
        default: return .failed(0)
        }
    }

    /// Receives what there is. After `wouldBlock`, and only then, is the socket worth waiting for: bytes may have been
    /// taken from it that were not handed out yet.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransferResult {
        var count = 0
        switch library.receive(handle, buffer.baseAddress, buffer.count, &count) {
        case 0: return count > 0 ? .moved(count) : .end
        case Number.again: return .wouldBlock
        default: return .failed(0)
        }
    }
}
