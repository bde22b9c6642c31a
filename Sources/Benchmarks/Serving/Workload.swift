/// What clients ask for.
enum Workload: String, CaseIterable {
    /// A file of 10 KB.
    case staticFile = "static"
    /// A handler that answers with a line.
    case hello
    /// A handler that uses environment and arguments, gets a body of 1 KB and answers with as much.
    case cgi
    /// As `hello`, in Rust without optimisation, and in Go: modules of some megabytes.
    case rust, go

    var path: String {
        switch self {
        case .staticFile: "/files/10k.txt"
        case .hello: "/hello"
        case .cgi: "/cgi/below?name=value&other=1"
        case .rust: "/rust"
        case .go: "/go"
        }
    }

    var posts: Bool { self == .cgi }

    /// Whether figures are compared with those of `hello` on the same server, and not with nginx.
    var isComparedWithHello: Bool { self == .rust || self == .go }

    var title: String {
        switch self {
        case .staticFile: "A static file of 10 KB"
        case .hello: "A handler that says hello, a fresh instance for each request"
        case .cgi: "A CGI handler: environment, arguments, a body of 1 KB each way"
        case .rust: "The same hello in Rust, a debug build"
        case .go: "The same hello in Go"
        }
    }
}
