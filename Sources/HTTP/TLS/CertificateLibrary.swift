import Platform

/// The functions of OpenSSL's libcrypto, 3 or 1.1, that make keys and certificates.
struct CertificateLibrary: Sendable {
    typealias Handle = OpaquePointer

    // Keys.
    let makeKeyContext: @convention(c) (Int32, OpaquePointer?) -> Handle?
    let freeKeyContext: @convention(c) (Handle) -> Void
    let beginMakingKeys: @convention(c) (Handle) -> Int32
    let controlKeyContext: @convention(c) (Handle, Int32, Int32, Int32, Int32, UnsafeMutableRawPointer?) -> Int32
    let makeKey: @convention(c) (Handle, UnsafeMutablePointer<Handle?>) -> Int32
    let freeKey: @convention(c) (Handle) -> Void

    // Certificates.
    let makeCertificate: @convention(c) () -> Handle?
    let freeCertificate: @convention(c) (Handle) -> Void
    let setVersion: @convention(c) (Handle, Int) -> Int32
    let serialNumber: @convention(c) (Handle) -> OpaquePointer?
    let setInteger: @convention(c) (OpaquePointer?, UInt64) -> Int32
    let notBefore: @convention(c) (Handle) -> OpaquePointer?
    let notAfter: @convention(c) (Handle) -> OpaquePointer?
    let setTime: @convention(c) (OpaquePointer?, Int) -> OpaquePointer?
    let compareWithNow: @convention(c) (OpaquePointer?) -> Int32
    let subject: @convention(c) (Handle) -> OpaquePointer?
    let setIssuer: @convention(c) (Handle, OpaquePointer?) -> Int32
    let addEntry:
        @convention(c) (
            OpaquePointer?, UnsafePointer<CChar>, Int32, UnsafePointer<UInt8>, Int32, Int32, Int32
        ) -> Int32
    let setKey: @convention(c) (Handle, Handle) -> Int32
    let setExtensionContext:
        @convention(c) (UnsafeMutableRawPointer, Handle?, Handle?, OpaquePointer?, OpaquePointer?, Int32) -> Void
    let makeExtension: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int32, UnsafePointer<CChar>) -> Handle?
    let freeExtension: @convention(c) (Handle) -> Void
    let addExtension: @convention(c) (Handle, Handle, Int32) -> Int32
    let sha256: @convention(c) () -> OpaquePointer?
    let sign: @convention(c) (Handle, Handle, OpaquePointer?) -> Int32
    let fits: @convention(c) (Handle, Handle) -> Int32

    // Public keys, as certificates have them.
    let publicKey: @convention(c) (Handle) -> OpaquePointer?
    let encodePublicKey: @convention(c) (OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
    let hash: @convention(c) (UnsafePointer<UInt8>, Int, UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8>?
    let encodeBase64: @convention(c) (UnsafeMutablePointer<UInt8>, UnsafePointer<UInt8>, Int32) -> Int32

    // Text in PEM.
    let memory: @convention(c) () -> OpaquePointer?
    let makeStream: @convention(c) (OpaquePointer?) -> Handle?
    let makeReader: @convention(c) (UnsafeRawPointer?, Int32) -> Handle?
    let readStream: @convention(c) (Handle, UnsafeMutableRawPointer?, Int32) -> Int32
    let freeStream: @convention(c) (Handle) -> Int32
    let writeCertificate: @convention(c) (Handle, Handle) -> Int32
    let writeKey:
        @convention(c) (Handle, Handle, OpaquePointer?, OpaquePointer?, Int32, OpaquePointer?, OpaquePointer?) -> Int32
    let readCertificate: @convention(c) (Handle, OpaquePointer?, OpaquePointer?, OpaquePointer?) -> Handle?
    let readKey: @convention(c) (Handle, OpaquePointer?, OpaquePointer?, OpaquePointer?) -> Handle?

    static let shared: Result<CertificateLibrary, DynamicLibrary.LoadError> = Result {
        () throws(DynamicLibrary.LoadError) in try CertificateLibrary(try OpenSSL.library())
    }

    private init(_ library: DynamicLibrary) throws(DynamicLibrary.LoadError) {
        makeKeyContext = try library.function("EVP_PKEY_CTX_new_id")
        freeKeyContext = try library.function("EVP_PKEY_CTX_free")
        beginMakingKeys = try library.function("EVP_PKEY_keygen_init")
        controlKeyContext = try library.function("EVP_PKEY_CTX_ctrl")
        makeKey = try library.function("EVP_PKEY_keygen")
        freeKey = try library.function("EVP_PKEY_free")
        makeCertificate = try library.function("X509_new")
        freeCertificate = try library.function("X509_free")
        setVersion = try library.function("X509_set_version")
        serialNumber = try library.function("X509_get_serialNumber")
        setInteger = try library.function("ASN1_INTEGER_set_uint64")
        notBefore = try library.function("X509_getm_notBefore")
        notAfter = try library.function("X509_getm_notAfter")
        setTime = try library.function("X509_gmtime_adj")
        compareWithNow = try library.function("X509_cmp_current_time")
        subject = try library.function("X509_get_subject_name")
        setIssuer = try library.function("X509_set_issuer_name")
        addEntry = try library.function("X509_NAME_add_entry_by_txt")
        setKey = try library.function("X509_set_pubkey")
        setExtensionContext = try library.function("X509V3_set_ctx")
        makeExtension = try library.function("X509V3_EXT_conf_nid")
        freeExtension = try library.function("X509_EXTENSION_free")
        addExtension = try library.function("X509_add_ext")
        sha256 = try library.function("EVP_sha256")
        sign = try library.function("X509_sign")
        fits = try library.function("X509_check_private_key")
        publicKey = try library.function("X509_get_X509_PUBKEY")
        encodePublicKey = try library.function("i2d_X509_PUBKEY")
        hash = try library.function("SHA256")
        encodeBase64 = try library.function("EVP_EncodeBlock")
        memory = try library.function("BIO_s_mem")
        makeStream = try library.function("BIO_new")
        makeReader = try library.function("BIO_new_mem_buf")
        readStream = try library.function("BIO_read")
        freeStream = try library.function("BIO_free")
        writeCertificate = try library.function("PEM_write_bio_X509")
        writeKey = try library.function("PEM_write_bio_PrivateKey")
        readCertificate = try library.function("PEM_read_bio_X509")
        readKey = try library.function("PEM_read_bio_PrivateKey")
    }
}
