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

    /// Why there is no library.
    struct LoadError: Error {
        let problem: String
    }

    static let shared: Result<CurlLibrary, LoadError> = Result { () throws(LoadError) in try CurlLibrary() }

    private init() throws(LoadError) {
        let names = ["libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.4.dylib"]
        guard let library = names.lazy.compactMap({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first else {
            throw LoadError(problem: "libcurl.so.4 cannot be loaded; install it (on Debian, the package libcurl4)")
        }
        func function<Function>(_ name: String, _: Function.Type) throws(LoadError) -> Function {
            guard let symbol = dlsym(library, name) else {
                throw LoadError(problem: "libcurl lacks the function \(name)")
            }
            return unsafeBitCast(symbol, to: Function.self)
        }
        let initialize = try function("curl_global_init", (@convention(c) (Int) -> Int32).self)
        makeHandle = try function("curl_easy_init", (@convention(c) () -> Handle?).self)
        perform = try function("curl_easy_perform", (@convention(c) (Handle) -> Int32).self)
        cleanUp = try function("curl_easy_cleanup", (@convention(c) (Handle) -> Void).self)
        send = try function(
            "curl_easy_send",
            (@convention(c) (Handle, UnsafeRawPointer?, Int, UnsafeMutablePointer<Int>) -> Int32).self)
        receive = try function(
            "curl_easy_recv",
            (@convention(c) (Handle, UnsafeMutableRawPointer?, Int, UnsafeMutablePointer<Int>) -> Int32).self)
        describe = try function("curl_easy_strerror", (@convention(c) (Int32) -> UnsafePointer<CChar>?).self)
        setNumber = try function("curl_easy_setopt", (@convention(c) (Handle, Int32, Int) -> Int32).self)
        setPointer = try function(
            "curl_easy_setopt", (@convention(c) (Handle, Int32, UnsafeRawPointer?) -> Int32).self)
        getInfo = try function(
            "curl_easy_getinfo", (@convention(c) (Handle, Int32, UnsafeMutableRawPointer) -> Int32).self)
        // TLS libraries write to sockets that the peer may have closed, which would end the program.
        var action = sigaction()
        if sigaction(SIGPIPE, nil, &action) == 0, action.__sigaction_handler.sa_handler == nil {
            signal(SIGPIPE, SIG_IGN)
        }
        // All of its parts: CURL_GLOBAL_DEFAULT.
        guard initialize(3) == 0 else { throw LoadError(problem: "libcurl cannot be initialised") }
    }
}
