/// What an app has answered.
package struct TestResponse: Sendable {
    package let status: Int
    /// In their order, repeated ones too.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The values of all fields of that name, in their order.
    func values(of name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    var text: String { String(decoding: body, as: UTF8.self) }
}
