/// A place of its own at which releases of an app are served. See <doc:Releases>.
package struct Channel: Hashable, Sendable {
    /// The name that the releases have.
    package var app: String
    /// Once for each app.
    package var name: String
    package var selection: Selection
    /// The host that it serves at; `nil` for the one that follows from the names.
    package var host: String?
    /// What its processes have in their environment besides, in the order in which it was given.
    package var variables: [Variable]

    /// Which release is served.
    package enum Selection: Hashable, Sendable {
        /// The newest version of a range.
        case range(VersionRange)
        case pin(SemanticVersion)
    }

    package struct Variable: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(app: String, name: String, selection: Selection, host: String? = nil, variables: [Variable] = []) {
        self.app = app
        self.name = name
        self.selection = selection
        self.host = host
        self.variables = variables
    }
}
