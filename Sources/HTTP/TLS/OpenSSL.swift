import Platform

/// The functions of OpenSSL, 3 or 1.1, that a server's side of TLS takes, loaded when TLS is first asked for.
struct OpenSSL: Sendable {
    typealias Handle = OpaquePointer
    typealias ProtocolChoice =
        @convention(c) (
            Handle?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?,
            UnsafePointer<UInt8>?, UInt32, UnsafeMutableRawPointer?
        ) -> Int32
    typealias CertificateChoice = @convention(c) (Handle?, UnsafeMutableRawPointer?) -> Int32
    typealias PasswordQuestion =
        @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32

    // Contexts.
    let serverMethod: @convention(c) () -> OpaquePointer?
    let makeContext: @convention(c) (OpaquePointer?) -> Handle?
    let freeContext: @convention(c) (Handle) -> Void
    let controlContext: @convention(c) (Handle, Int32, Int, UnsafeMutableRawPointer?) -> Int
    let setOptions: @convention(c) (Handle, UInt64) -> UInt64
    let setPasswordQuestion: @convention(c) (Handle, PasswordQuestion) -> Void
    let setProtocolChoice: @convention(c) (Handle, ProtocolChoice, UnsafeMutableRawPointer?) -> Void
    let setCertificateChoice: @convention(c) (Handle, CertificateChoice, UnsafeMutableRawPointer?) -> Void
    let useCertificateChain: @convention(c) (Handle, UnsafePointer<CChar>) -> Int32
    let useKey: @convention(c) (Handle, UnsafePointer<CChar>, Int32) -> Int32
    let checkKey: @convention(c) (Handle) -> Int32
    /// Lent, not given.
    let certificate: @convention(c) (Handle) -> OpaquePointer?

    // Sessions.
    let makeSession: @convention(c) (Handle) -> Handle?
    let freeSession: @convention(c) (Handle) -> Void
    let setDescriptor: @convention(c) (Handle, Int32) -> Int32
    let accept: @convention(c) (Handle) -> Int32
    let read: @convention(c) (Handle, UnsafeMutableRawPointer?, Int32) -> Int32
    let write: @convention(c) (Handle, UnsafeRawPointer?, Int32) -> Int32
    let shutDown: @convention(c) (Handle) -> Int32
    let error: @convention(c) (Handle, Int32) -> Int32
    let serverName: @convention(c) (Handle, Int32) -> UnsafePointer<CChar>?
    let useCertificate: @convention(c) (Handle, OpaquePointer) -> Int32
    let usePrivateKey: @convention(c) (Handle, OpaquePointer) -> Int32

    // What went wrong last, on this thread.
    private let lastError: @convention(c) () -> UInt
    private let reason: @convention(c) (UInt) -> UnsafePointer<CChar>?
    let clearErrors: @convention(c) () -> Void

    static let shared: Result<OpenSSL, DynamicLibrary.LoadError> = Result { () throws(DynamicLibrary.LoadError) in
        try OpenSSL(try library())
    }

    /// libssl, which brings libcrypto along.
    static func library() throws(DynamicLibrary.LoadError) -> DynamicLibrary {
        try DynamicLibrary(
            ["libssl.so.3", "libssl.so.1.1", "libssl.3.dylib"],
            advice: "TLS needs it: install OpenSSL (on Debian, the package libssl3), or serve plain HTTP")
    }

    private init(_ library: DynamicLibrary) throws(DynamicLibrary.LoadError) {
        serverMethod = try library.function("TLS_server_method")
        makeContext = try library.function("SSL_CTX_new")
        freeContext = try library.function("SSL_CTX_free")
        controlContext = try library.function("SSL_CTX_ctrl")
        setOptions = try library.function("SSL_CTX_set_options")
        setPasswordQuestion = try library.function("SSL_CTX_set_default_passwd_cb")
        setProtocolChoice = try library.function("SSL_CTX_set_alpn_select_cb")
        setCertificateChoice = try library.function("SSL_CTX_set_cert_cb")
        useCertificateChain = try library.function("SSL_CTX_use_certificate_chain_file")
        useKey = try library.function("SSL_CTX_use_PrivateKey_file")
        checkKey = try library.function("SSL_CTX_check_private_key")
        certificate = try library.function("SSL_CTX_get0_certificate")
        makeSession = try library.function("SSL_new")
        freeSession = try library.function("SSL_free")
        setDescriptor = try library.function("SSL_set_fd")
        accept = try library.function("SSL_accept")
        read = try library.function("SSL_read")
        write = try library.function("SSL_write")
        shutDown = try library.function("SSL_shutdown")
        error = try library.function("SSL_get_error")
        serverName = try library.function("SSL_get_servername")
        useCertificate = try library.function("SSL_use_certificate")
        usePrivateKey = try library.function("SSL_use_PrivateKey")
        lastError = try library.function("ERR_peek_last_error")
        reason = try library.function("ERR_reason_error_string")
        clearErrors = try library.function("ERR_clear_error")
    }

    /// Takes the words for what went wrong last on this thread.
    func takeReason() -> String {
        defer { clearErrors() }
        return reason(lastError()).map { String(cString: $0) } ?? "no reason is told"
    }
}
