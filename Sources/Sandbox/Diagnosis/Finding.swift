package import JSON

/// What was found out about a project or its surroundings, and what to do about it.
package struct Finding: Hashable, Sendable {
    package enum Severity: String, Hashable, Sendable {
        case fine
        /// It works, and could be better.
        case advice
        /// Something will not work.
        case problem
    }

    package let severity: Severity
    /// What it is about, in a word or two.
    package let subject: String
    /// A sentence without a full stop.
    package let text: String
    /// What to do; `nil` if there is nothing to be done.
    package let remedy: String?

    private init(_ severity: Severity, _ subject: String, _ text: String, _ remedy: String?) {
        self.severity = severity
        self.subject = subject
        self.text = text
        self.remedy = remedy
    }

    package static func fine(_ subject: String, _ text: String) -> Finding { Finding(.fine, subject, text, nil) }

    package static func advice(_ subject: String, _ text: String, remedy: String) -> Finding {
        Finding(.advice, subject, text, remedy)
    }

    package static func problem(_ subject: String, _ text: String, remedy: String) -> Finding {
        Finding(.problem, subject, text, remedy)
    }

    package var json: JSONObject {
        var object: JSONObject = [
            "severity": .string(severity.rawValue), "subject": .string(subject), "text": .string(text),
        ]
        object["remedy"] = remedy.map { .string($0) }
        return object
    }
}
