/// A message that breaks the rules of HTTP, or a limit: what is wrong, and the status that tells a client so.
struct MessageError: Error, Equatable {
    let status: Status
    let problem: String

    init(_ status: Status, _ problem: String) {
        self.status = status
        self.problem = problem
    }

    /// A malformed message.
    init(_ problem: String) {
        self.init(.badRequest, problem)
    }
}
