import Platform

/// Why a server cannot speak TLS.
package struct TLSProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// What all sessions have in common that begin with one certificate: TLS 1.2 and 1.3, and HTTP/1.1 in them.
///
/// Sendable because it is not changed once it is made; OpenSSL counts its references under a lock.
final class TLSContext: @unchecked Sendable {
    let openSSL: OpenSSL
    let handle: OpenSSL.Handle
    /// What its callbacks use.
    private let issuer: CertificateIssuer?

    /// The digest of the key that all sessions have; see `CertificateLibrary.publicKeyPin`.
    var publicKeyPin: String? {
        if let issuer { return issuer.publicKeyPin }
        guard let library = try? CertificateLibrary.shared.get(), let certificate = openSSL.certificate(handle) else {
            return nil
        }
        return library.publicKeyPin(of: certificate)
    }

    /// Numbers from OpenSSL's headers, which belong to its binary interface.
    private enum Number {
        static let setMode: Int32 = 33
        static let setSessionCacheMode: Int32 = 44
        static let setMinimumVersion: Int32 = 123
        static let tls12 = 0x0303
        /// Partial writes, a buffer that moves between tries, and no buffers while nothing is moved.
        static let modes = 0x1 | 0x2 | 0x10
        /// No compression, no renegotiation, and an end that is not announced is an end: HTTP's framing says whether a
        /// message is whole.
        static let options: UInt64 = 0x20000 | 0x4000_0000 | 0x80
        static let pem: Int32 = 1
    }

    private init(_ issuer: CertificateIssuer?) throws(TLSProblem) {
        do { openSSL = try OpenSSL.shared.get() } catch { throw TLSProblem(error.problem) }
        guard let handle = openSSL.makeContext(openSSL.serverMethod()) else {
            throw TLSProblem("OpenSSL cannot begin: \(openSSL.takeReason())")
        }
        self.handle = handle
        self.issuer = issuer
        _ = openSSL.controlContext(handle, Number.setMinimumVersion, Number.tls12, nil)
        _ = openSSL.controlContext(handle, Number.setMode, Number.modes, nil)
        _ = openSSL.controlContext(handle, Number.setSessionCacheMode, 0, nil)
        _ = openSSL.setOptions(handle, Number.options)
        // A key that needs a password is refused: OpenSSL would ask for it at the terminal.
        openSSL.setPasswordQuestion(handle) { _, _, _, _ in 0 }
        openSSL.setProtocolChoice(
            handle,
            { _, chosen, length, offered, count, _ in TLSContext.chooseProtocol(chosen, length, offered, count) }, nil)
    }

    /// Reads a certificate, with those of the authorities between it and a known one behind it, and its key.
    convenience init(certificateFile: String, keyFile: String) throws(TLSProblem) {
        try self.init(nil)
        for file in [certificateFile, keyFile] {
            do { _ = try FileReader.bytes(of: file, limit: 1 << 20) } catch {
                throw TLSProblem("\(file) cannot be read: \(error.reason)")
            }
        }
        openSSL.clearErrors()
        guard openSSL.useCertificateChain(handle, certificateFile) == 1 else {
            throw TLSProblem("\(certificateFile) is no certificate in PEM: \(openSSL.takeReason())")
        }
        let isRead = openSSL.useKey(handle, keyFile, Number.pem) == 1
        let reason = isRead ? "" : openSSL.takeReason()
        guard isRead || reason.contains("mismatch") else {
            throw TLSProblem("\(keyFile) is no private key in PEM, or one with a password: \(reason)")
        }
        guard isRead, openSSL.checkKey(handle) == 1 else {
            openSSL.clearErrors()
            throw TLSProblem("the key of \(keyFile) does not fit the certificate of \(certificateFile)")
        }
    }

    /// Has each certificate made when a client asks for its name.
    convenience init(issuer: CertificateIssuer) throws(TLSProblem) {
        try self.init(issuer)
        openSSL.setCertificateChoice(
            handle,
            { session, issuer in
                guard let session, let issuer else { return 0 }
                return Unmanaged<CertificateIssuer>.fromOpaque(issuer).takeUnretainedValue().certify(session) ? 1 : 0
            }, Unmanaged.passUnretained(issuer).toOpaque())
    }

    deinit { openSSL.freeContext(handle) }

    /// Of the protocols that a client offers (RFC 7301), HTTP/1.1. One that only wants others is told so.
    private static func chooseProtocol(
        _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, _ length: UnsafeMutablePointer<UInt8>?,
        _ offered: UnsafePointer<UInt8>?, _ count: UInt32
    ) -> Int32 {
        let (accepted, refused): (Int32, Int32) = (0, 2)
        guard let chosen, let length, let offered else { return refused }
        let list = UnsafeBufferPointer(start: offered, count: Int(count))
        var start = 0
        while start < list.count {
            let name = list[(start + 1)...].prefix(Int(list[start]))
            if name.elementsEqual("http/1.1".utf8) {
                chosen.pointee = offered + start + 1
                length.pointee = list[start]
                return accepted
            }
            start += 1 + Int(list[start])
        }
        return refused
    }
}
