/// Another WAGI program, such as the original `wagi`.
package struct ExternalProgram: Hashable, Sendable {
    package let path: String
    /// Options beside those that name the bindle and the address.
    package let options: [String]

    package init(path: String, options: [String]) {
        self.path = path
        self.options = options
    }

    /// What people call it.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}
