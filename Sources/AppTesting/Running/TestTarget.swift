/// An app that can be asked. One for each file of tests, so that what a file leaves is not seen by another.
package protocol TestTarget: Sendable {
    /// - Throws: what keeps a request from being answered at all.
    func response(to request: TestRequest) throws -> TestResponse
}

/// A request as it is sent.
package struct TestRequest: Sendable {
    package let method: String
    /// Path and query.
    package let path: String
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]?

    package init(method: String, path: String, headers: [(name: String, value: String)], body: [UInt8]?) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }
}
