/// Another WAGI program, such as the original `wagi`.
public struct ExternalProgram: Hashable, Sendable {
    public let path: String
    /// Options beside those that name the bindle and the address.
    public let options: [String]

    public init(path: String, options: [String]) {
        self.path = path
        self.options = options
    }

    /// What people call it.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}
