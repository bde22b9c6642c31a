/// Another WAGI program, such as the original `wagi`.
package struct ExternalProgram: Sendable {
    package let path: String
    /// Options beside those that name the bindle and the address, and that give variables.
    package let options: [String]
    /// The modules' variables. The program reads them from an unnamed file, which it inherits: other users of the machine
    /// can read options.
    package let variables: [(name: String, value: String)]
    /// Variables for modules that do not come from other bindles; weaker than `variables`. A program has one environment for
    /// all modules: it gets them only if none of these comes from another bindle.
    package let projectVariables: [(name: String, value: String)]
    /// What the Bindle server asks for, given as the password of `BINDLE_HTTP_PASSWORD`: other users of the machine can read
    /// options, and not the environment.
    package let bindleToken: String?

    package init(
        path: String, options: [String], variables: [(name: String, value: String)] = [],
        projectVariables: [(name: String, value: String)] = [], bindleToken: String? = nil
    ) {
        self.path = path
        self.options = options
        self.variables = variables
        self.projectVariables = projectVariables
        self.bindleToken = bindleToken
    }

    /// The lines of a file for `--env-file`.
    ///
    /// - Parameter isForProject: whether all modules are the project's own.
    /// - Throws: if a value has a line break, which such a file cannot hold.
    func environmentFile(isForProject: Bool) throws(LoadError) -> [UInt8] {
        var text = ""
        for (name, value) in (isForProject ? projectVariables : []) + variables {
            guard !value.contains(where: \.isNewline) else {
                throw LoadError(
                    "the variable \(name) has a line break, and '\(self.name)' is given variables by the lines of a file; "
                        + "write the value without one")
            }
            text += "\(name)=\(value)\n"
        }
        return Array(text.utf8)
    }

    /// What people call it.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}
