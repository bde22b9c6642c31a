import HTTP

/// The content security policies of a response (CSP level 3).
struct ContentSecurityPolicies {
    private static let fieldNames = ["Content-Security-Policy", "Content-Security-Policy-Report-Only"]
    /// The directives that judge a script, the first that is there alone; then those that judge what it opens.
    private static let scriptDirectives = ["script-src-elem", "script-src", "default-src"]
    private static let allDirectives = scriptDirectives + ["connect-src", "worker-src", "child-src"]

    private typealias Directive = (name: String, sources: [Substring])
    private let policies: [[Directive]]

    init(_ headers: Headers) {
        policies = headers.all(Self.fieldNames[0]).flatMap { Self.parse($0) }
    }

    private static func parse(_ field: String) -> [[Directive]] {
        field.split(separator: ",").map { policy in
            policy.split(separator: ";").compactMap { directive in
                let words = directive.split(whereSeparator: \.isWhitespace)
                return words.first.map { ($0.lowercased(), Array(words.dropFirst())) }
            }
        }
    }

    /// The nonce that a script element needs to have, if the policies know one.
    var nonce: String? {
        for policy in policies {
            for name in Self.scriptDirectives {
                guard let directive = policy.first(where: { $0.name == name }) else { continue }
                let prefix = "'nonce-"
                if let source = directive.sources.first(where: {
                    $0.lowercased().hasPrefix(prefix) && $0.hasSuffix("'")
                }) {
                    return String(source.dropFirst(prefix.count).dropLast())
                }
                break
            }
        }
        return nil
    }

    /// Whether a policy lets nothing but a nonce make a script of the page's own, and knows none.
    var lacksNonce: Bool {
        nonce == nil
            && policies.contains { policy in
                policy.contains { Self.scriptDirectives.contains($0.name) && Self.isStrict($0.sources) }
            }
    }

    private static func isStrict(_ sources: [Substring]) -> Bool {
        sources.contains { $0.lowercased() == "'strict-dynamic'" }
    }

    /// Lets the policies allow what is below a path of this server, and nothing more, wherever they judge scripts,
    /// connections or workers.
    ///
    /// - Parameter nonce: for policies to which addresses mean nothing.
    static func allow(_ source: String, nonce: String?, in headers: inout Headers) {
        guard source.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",") })
        else { return }
        for name in fieldNames where headers.contains(name) {
            let fields = headers.all(name)
            headers.remove(name)
            for field in fields {
                let policies = parse(field).map { policy in
                    policy.map { directive in
                        var sources = directive.sources
                        if allDirectives.contains(directive.name) {
                            // The word means something only when it stands alone.
                            sources.removeAll { $0.lowercased() == "'none'" }
                            sources.append(source[...])
                            if let nonce, scriptDirectives.contains(directive.name), isStrict(sources) {
                                sources.append("'nonce-\(nonce)'")
                            }
                        }
                        return ([directive.name[...]] + sources).joined(separator: " ")
                    }.joined(separator: "; ")
                }
                headers.add(name, policies.joined(separator: ", "))
            }
        }
    }
}
