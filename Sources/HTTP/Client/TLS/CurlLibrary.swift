import Platform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The functions of libcurl that TLS takes, loaded when they are first needed: linking it would make every start of the
/// program load some thirty libraries.
struct CurlLibrary: Sendable {
    typealias Handle = OpaquePointer

    let makeHandle: @convention(c) () -> Handle?
    let perform: @convention(c) (Handle) -> Int32
    let cleanUp: @convention(c) (Handle) -> Void
    let send: @convention(c) (Handle, UnsafeRawPointer?, Int, UnsafeMutablePointer<Int>) -> Int32
    let receive: @convention(c) (Handle, UnsafeMutableRawPointer?, Int, UnsafeMutablePointer<Int>) -> Int32
    let describe: @convention(c) (Int32) -> UnsafePointer<CChar>?
    // These two take a variable argument, which is passed as a fixed one is on the platforms of this package.
    let setNumber: @convention(c) (Handle, Int32, Int) -> Int32
    let setPointer: @convention(c) (Handle, Int32, UnsafeRawPointer?) -> Int32
    let getInfo: @convention(c) (Handle, Int32, UnsafeMutableRawPointer) -> Int32

    static let shared: Result<CurlLibrary, DynamicLibrary.LoadError> = Result { () throws(DynamicLibrary.LoadError) in
        try CurlLibrary()
    }

    private init() throws(DynamicLibrary.LoadError) {
        let library = try DynamicLibrary(
            ["libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.4.dylib"],
            advice: "install it (on Debian, the package libcurl4)")
        let initialize: @convention(c) (Int) -> Int32 = try library.function("curl_global_init")
        makeHandle = try library.function("curl_easy_init")
        perform = try library.function("curl_easy_perform")
        cleanUp = try library.function("curl_easy_cleanup")
        send = try library.function("curl_easy_send")
        receive = try library.function("curl_easy_recv")
        describe = try library.function("curl_easy_strerror")
        setNumber = try library.function("curl_easy_setopt")
        setPointer = try library.function("curl_easy_setopt")
        getInfo = try library.function("curl_easy_getinfo")
        // TLS libraries write to sockets that the peer may have closed, which would end the program.
        var action = sigaction()
        if sigaction(SIGPIPE, nil, &action) == 0, action.__sigaction_handler.sa_handler == nil {
            signal(SIGPIPE, SIG_IGN)
        }
        // All of its parts: CURL_GLOBAL_DEFAULT.
        guard initialize(3) == 0 else { throw DynamicLibrary.LoadError(problem: "libcurl cannot be initialised") }
    }
}
