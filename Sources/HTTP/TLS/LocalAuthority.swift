import Platform

/// An authority of a user's own for certificates of servers on this machine. It can vouch for `localhost`, names below it,
/// and loopback addresses, and for nothing else: whoever steals its key can pretend to be no site of the web.
package struct LocalAuthority: Sendable {
    /// The certificate that browsers and other clients are to trust, in PEM.
    package let certificateFile: String
    let certificate: Certificate
    let key: CertificateKey

    /// In seconds: ten years, from yesterday, for clocks that are a little behind.
    private static let validity = -86_400..<10 * 365 * 86_400
    private static let constraints =
        "critical,permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0,"
        + "permitted;IP:0:0:0:0:0:0:0:1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

    /// Where the certificate of a directory's authority is, if there is one.
    package static func certificatePath(in directory: String) -> String { "\(directory)/\(UserFile.authority.name)" }

    /// Reads the authority of a directory, or makes it: the key, which nobody but the user may read, with the certificate
    /// in one file, and the certificate in another.
    package init(directory: String) throws(TLSProblem) {
        let library: CertificateLibrary
        do { library = try CertificateLibrary.shared.get() } catch { throw TLSProblem(error.problem) }
        let keyFile = "\(directory)/\(UserFile.authorityKey.name)"
        certificateFile = Self.certificatePath(in: directory)
        do throws(SystemError) {
            try Directories.make(directory, permissions: 0o700)
            if FileStatus(linkAt: keyFile) == nil { try Self.make(keyFile, library) }
        } catch {
            throw TLSProblem("the authority for --https cannot be kept: \(error)")
        }
        guard let status = FileStatus(linkAt: keyFile), status.isRegular, status.owner == geteuid(),
            status.permissions & 0o077 == 0
        else {
            throw TLSProblem(
                "\(keyFile) is not a file that its user alone can read: remove it, and another authority is made")
        }
        let text: [UInt8]
        do { text = try FileReader.bytes(of: keyFile, limit: 1 << 20) } catch {
            throw TLSProblem("\(keyFile) cannot be read: \(error.reason)")
        }
        guard let key = CertificateKey(library, pem: text), let certificate = Certificate(library, pem: text),
            certificate.fits(key), !certificate.hasExpired
        else {
            throw TLSProblem(
                "\(keyFile) has no certificate that is valid, with its key: remove it, and another authority is made")
        }
        (self.key, self.certificate) = (key, certificate)
        let pem = certificate.pem
        if (try? FileReader.bytes(of: certificateFile, limit: 1 << 20)) != pem {
            do { try FileWriter.write(pem, to: certificateFile, atomically: true) } catch {
                throw TLSProblem("the authority's certificate cannot be kept: \(error)")
            }
        }
    }

    /// Makes an authority. Of two processes that do so at once, one makes the one that both have.
    private static func make(_ file: String, _ library: CertificateLibrary) throws(SystemError) {
        guard let key = try? CertificateKey(library),
            let certificate = try? Certificate(
                .init(
                    name: "hippo-dev on \(ProcessEnvironment.hostName)", validity: validity,
                    extensions: [
                        (Certificate.Extension.basicConstraints, "critical,CA:TRUE,pathlen:0"),
                        (Certificate.Extension.keyUsage, "critical,keyCertSign,cRLSign"),
                        (Certificate.Extension.nameConstraints, constraints),
                        (Certificate.Extension.subjectKey, "hash"),
                    ]), for: key, by: nil)
        else { throw SystemError(operation: "make", code: ENOTSUP, path: file) }
        let pending = "\(file).\(getpid())-\(MonotonicTime.now.nanoseconds)"
        let descriptor = open(pending, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .last("write", path: file) }
        defer { unlink(pending) }
        let text = key.pem + certificate.pem
        do throws(SystemError) {
            var problem: SystemError?
            text.withUnsafeBytes { bytes in
                do throws(SystemError) {
                    try FileWriter.write(bytes, to: descriptor, path: file)
                } catch { problem = error }
            }
            if let problem { throw problem }
        } catch {
            close(descriptor)
            throw error
        }
        guard close(descriptor) == 0, link(pending, file) == 0 || errno == EEXIST else {
            throw .last("write", path: file)
        }
    }

    /// A certificate for a server on this machine, made by this authority.
    ///
    /// - Parameter name: one below `localhost`, besides `localhost` itself.
    func certificate(for name: String?, key: CertificateKey) throws(TLSProblem) -> Certificate {
        let names = ["DNS:localhost", name.map { "DNS:\($0)" } ?? "DNS:*.localhost", "IP:127.0.0.1", "IP:::1"]
        return try Certificate(
            .init(
                name: name ?? "localhost", validity: -3600..<90 * 86_400,
                extensions: [
                    (Certificate.Extension.basicConstraints, "critical,CA:FALSE"),
                    (Certificate.Extension.keyUsage, "critical,digitalSignature"),
                    (Certificate.Extension.extendedKeyUsage, "serverAuth"),
                    (Certificate.Extension.alternativeNames, names.joined(separator: ",")),
                    (Certificate.Extension.authorityKey, "keyid:always"),
                ]), for: key, by: (certificate, self.key))
    }
}
