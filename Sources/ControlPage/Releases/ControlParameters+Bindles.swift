package import Bindle
package import JSON

extension ControlParameters {
    /// The ID of a bindle or a release, which has to be there.
    package func id(_ name: String) throws(ControlFailure) -> BindleID {
        try ControlFailure.reading(name, try required(name))
    }

    /// What is compared or made a release of, which has to be there: `revision:N`, `release:ID` or `bindle:ID`.
    package func content(_ name: String) throws(ControlFailure) -> ContentReference {
        let text = try required(name)
        guard let reference = ContentReference(text) else {
            throw ControlFailure(
                .badRequest, "'\(name)' is revision:NUMBER, release:NAME/VERSION or bindle:NAME/VERSION, not '\(text)'")
        }
        return reference
    }
}

extension ControlFailure {
    /// Reads the ID of a bindle or a release.
    static func reading(_ name: String, _ text: String) throws(ControlFailure) -> BindleID {
        do { return try BindleID(text) } catch { throw ControlFailure(.badRequest, "'\(name)': \(error)") }
    }
}

extension JSONObject {
    /// A text of a request's body; `nil` where it is missing.
    package func text(_ name: String) throws(ControlFailure) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.string, !text.isEmpty else {
            throw ControlFailure(.badRequest, "'\(name)' is a text that is not empty")
        }
        return text
    }

    /// The ID of a bindle in a request's body; `nil` where it is missing.
    package func id(_ name: String) throws(ControlFailure) -> BindleID? {
        guard let text = try text(name) else { return nil }
        return try ControlFailure.reading(name, text)
    }

    /// A version in a request's body; `nil` where it is missing.
    package func version(_ name: String) throws(ControlFailure) -> SemanticVersion? {
        guard let text = try text(name) else { return nil }
        guard let version = SemanticVersion(text) else {
            throw ControlFailure(.badRequest, "'\(name)' is a semantic version, such as 1.2.3, not '\(text)'")
        }
        return version
    }

    /// The number of a revision in a request's body; `nil` where it is missing.
    package func revision(_ name: String) throws(ControlFailure) -> Int? {
        guard let value = self[name] else { return nil }
        guard let number = value.integer, number > 0 else {
            throw ControlFailure(.badRequest, "'\(name)' is the number of a revision")
        }
        return number
    }

    /// Whether something is wanted, in a request's body; `false` where it is missing.
    package func isSet(_ name: String) throws(ControlFailure) -> Bool {
        guard let value = self[name] else { return false }
        guard let boolean = value.boolean else { throw ControlFailure(.badRequest, "'\(name)' is true or false") }
        return boolean
    }
}
