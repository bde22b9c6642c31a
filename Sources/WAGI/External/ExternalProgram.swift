/// Another WAGI program, such as the original `wagi`.
package struct ExternalProgram: Hashable, Sendable {
    package let path: String
    /// Options beside those that name the bindle and the address.
    package let options: [String]
    /// What the Bindle server asks for, given as the password of `BINDLE_HTTP_PASSWORD`: other users of the machine can read
    /// options, and not the environment.
    package let bindleToken: String?

    package init(path: String, options: [String], bindleToken: String? = nil) {
        self.path = path
        self.options = options
        self.bindleToken = bindleToken
    }

    /// What people call it.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}
