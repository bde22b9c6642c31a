/// What clients ask for.
enum Workload: String, CaseIterable {
    /// A file of 10 KB.
    case staticFile = "static"
    /// A handler that answers with a line.
    case hello
    /// A handler that uses environment and arguments, gets a body of 1 KB and answers with as much.
    case cgi

    var path: String {
        switch self {
        case .staticFile: "/files/10k.txt"
        case .hello: "/hello"
        case .cgi: "/cgi/below?name=value&other=1"
        }
    }

    var posts: Bool { self == .cgi }

    var title: String {
        switch self {
        case .staticFile: "A static file of 10 KB"
        case .hello: "A handler that says hello, a fresh instance for each request"
        case .cgi: "A CGI handler: environment, arguments, a body of 1 KB each way"
        }
    }
}
