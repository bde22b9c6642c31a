import Platform

/// A private key of the elliptic curve P-256, which all browsers know.
///
/// Sendable because it is not changed once it is made.
final class CertificateKey: @unchecked Sendable {
    let library: CertificateLibrary
    let handle: CertificateLibrary.Handle

    /// Numbers from OpenSSL's headers, which belong to its binary interface.
    private enum Number {
        static let ellipticCurve: Int32 = 408
        static let keyGeneration: Int32 = 1 << 2
        static let setCurve: Int32 = 0x1001
        static let p256: Int32 = 415
    }

    /// A new key.
    init(_ library: CertificateLibrary) throws(TLSProblem) {
        self.library = library
        guard let context = library.makeKeyContext(Number.ellipticCurve, nil) else {
            throw TLSProblem("OpenSSL knows no keys of elliptic curves")
        }
        defer { library.freeKeyContext(context) }
        var key: CertificateLibrary.Handle?
        guard library.beginMakingKeys(context) == 1,
            library.controlKeyContext(
                context, Number.ellipticCurve, Number.keyGeneration, Number.setCurve, Number.p256, nil) == 1,
            library.makeKey(context, &key) == 1, let key
        else { throw TLSProblem("OpenSSL cannot make a key") }
        handle = key
    }

    /// The first key of a text; `nil` if it has none.
    init?(_ library: CertificateLibrary, pem: [UInt8]) {
        let key = pem.withUnsafeBytes { bytes -> CertificateLibrary.Handle? in
            guard let stream = library.makeReader(bytes.baseAddress, Int32(bytes.count)) else { return nil }
            defer { _ = library.freeStream(stream) }
            return library.readKey(stream, nil, nil, nil)
        }
        guard let key else { return nil }
        self.library = library
        handle = key
    }

    deinit { library.freeKey(handle) }

    /// The key in text.
    var pem: [UInt8] {
        library.text { library.writeKey($0, handle, nil, nil, 0, nil, nil) }
    }
}

/// A certificate (RFC 5280).
///
/// Sendable because it is not changed once it is made.
final class Certificate: @unchecked Sendable {
    /// What is said of the certificate's owner, and what it may be used for.
    struct Description {
        var name: String
        /// Seconds from now.
        var validity: Range<Int>
        /// By the numbers that OpenSSL has for them, and in its words.
        var extensions: [(kind: Int32, value: String)]
    }

    /// The numbers that OpenSSL has for extensions.
    enum Extension {
        static let basicConstraints: Int32 = 87
        static let keyUsage: Int32 = 83
        static let extendedKeyUsage: Int32 = 126
        static let alternativeNames: Int32 = 85
        static let nameConstraints: Int32 = 666
        static let subjectKey: Int32 = 82
        static let authorityKey: Int32 = 90
    }

    let library: CertificateLibrary
    let handle: CertificateLibrary.Handle

    /// A new one.
    ///
    /// - Parameters:
    ///   - key: that of its owner.
    ///   - authority: who signs it; its owner if that is nobody.
    init(
        _ description: Description, for key: CertificateKey,
        by authority: (certificate: Certificate, key: CertificateKey)?
    ) throws(TLSProblem) {
        let library = key.library
        guard let handle = library.makeCertificate() else { throw TLSProblem("OpenSSL has no memory") }
        self.library = library
        self.handle = handle
        var isMade = library.setVersion(handle, 2) == 1
        isMade = library.setInteger(library.serialNumber(handle), .random(in: 1...UInt64(Int64.max))) == 1 && isMade
        _ = library.setTime(library.notBefore(handle), description.validity.lowerBound)
        _ = library.setTime(library.notAfter(handle), description.validity.upperBound)
        let name = Array(description.name.utf8)
        // MBSTRING_UTF8, at the end.
        isMade = library.addEntry(library.subject(handle), "CN", 0x1000, name, Int32(name.count), -1, 0) == 1 && isMade
        let issuer = authority?.certificate.handle ?? handle
        isMade = library.setIssuer(handle, library.subject(issuer)) == 1 && isMade
        isMade = library.setKey(handle, key.handle) == 1 && isMade
        // Room for the structure X509V3_CTX, which is smaller.
        withUnsafeTemporaryAllocation(byteCount: 256, alignment: 16) { context in
            context.initializeMemory(as: UInt8.self, repeating: 0)
            library.setExtensionContext(context.baseAddress!, issuer, handle, nil, nil, 0)
            for (kind, value) in description.extensions {
                guard let made = library.makeExtension(nil, context.baseAddress, kind, value) else {
                    isMade = false
                    continue
                }
                isMade = library.addExtension(handle, made, -1) == 1 && isMade
                library.freeExtension(made)
            }
        }
        isMade = library.sign(handle, (authority?.key ?? key).handle, library.sha256()) > 0 && isMade
        guard isMade else { throw TLSProblem("OpenSSL cannot make a certificate for \(description.name)") }
    }

    /// The first certificate of a text; `nil` if it has none.
    init?(_ library: CertificateLibrary, pem: [UInt8]) {
        let certificate = pem.withUnsafeBytes { bytes -> CertificateLibrary.Handle? in
            guard let stream = library.makeReader(bytes.baseAddress, Int32(bytes.count)) else { return nil }
            defer { _ = library.freeStream(stream) }
            return library.readCertificate(stream, nil, nil, nil)
        }
        guard let certificate else { return nil }
        self.library = library
        handle = certificate
    }

    deinit { library.freeCertificate(handle) }

    /// The certificate in text.
    var pem: [UInt8] { library.text { library.writeCertificate($0, handle) } }

    /// Whether its time is over.
    var hasExpired: Bool { library.compareWithNow(library.notAfter(handle)) < 0 }

    func fits(_ key: CertificateKey) -> Bool { library.fits(handle, key.handle) == 1 }
}

extension CertificateLibrary {
    /// The digest of a certificate's public key, in the words of libcurl (`CURLOPT_PINNEDPUBLICKEY`); `nil` if it has none.
    func publicKeyPin(of certificate: Handle) -> String? {
        let key = publicKey(certificate)
        let size = encodePublicKey(key, nil)
        guard size > 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        bytes.withUnsafeMutableBufferPointer { buffer in
            var end = buffer.baseAddress
            _ = encodePublicKey(key, &end)
        }
        var digest = [UInt8](repeating: 0, count: 32)
        _ = hash(bytes, bytes.count, &digest)
        // With the NUL that it ends in.
        var text = [UInt8](repeating: 0, count: 45)
        let count = encodeBase64(&text, digest, 32)
        return "sha256//" + String(decoding: text.prefix(Int(count)), as: UTF8.self)
    }

    /// What `write` writes to a stream; nothing if it fails.
    fileprivate func text(_ write: (Handle) -> Int32) -> [UInt8] {
        guard let stream = makeStream(memory()) else { return [] }
        defer { _ = freeStream(stream) }
        guard write(stream) == 1 else { return [] }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = readStream(stream, &buffer, Int32(buffer.count)), count > 0 {
            text += buffer[..<Int(count)]
        }
        return text
    }
}
