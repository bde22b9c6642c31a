package import Bindle
package import HTTP

/// How an unpacked artifact is served on a machine.
package struct ServedPlace: Sendable {
    package let id: BindleID
    /// The program, as an absolute path on that machine.
    package let program: String
    /// The directory that the artifact is unpacked into, absolute.
    package let directory: String
    package let address: SocketAddress
    /// A file of variables for modules on that machine, absolute; `nil` for none.
    package let variables: String?

    /// - Throws: for paths that are not absolute, or not on one line.
    package init(
        _ id: BindleID, program: String, directory: String, address: SocketAddress, variables: String? = nil
    ) throws(ExportError) {
        for path in [program, directory, variables].compactMap(\.self) {
            guard path.hasPrefix("/") else {
                throw ExportError("'\(path)' is no absolute path on the machine that serves the app")
            }
            guard path.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
                throw ExportError("\(path.debugDescription) has a control character in it")
            }
        }
        (self.id, self.program, self.directory, self.address) = (id, program, directory, address)
        self.variables = variables
    }

    /// What the program is given.
    ///
    /// - Parameter variables: where it finds the file of variables.
    func arguments(address: String, variables: String?) -> [String] {
        ["wagi", "-c", ModulesDocument.name, "--listen", address]
            + (variables.map { ["--env-file", $0] } ?? [])
    }

    /// How long it may take to end: as long as a request may, and what is needed to write the answer.
    static let stopSeconds = 40
}
