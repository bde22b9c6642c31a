/// The name of an import or export, by what it says (Component Model, "Explainer.md", `externname`).
enum ParsedName {
    /// A plain name.
    case label
    /// `[constructor]resource`
    case constructor(resource: String)
    /// `[method]resource.name`
    case method(resource: String)
    /// `[static]resource.name`
    case `static`(resource: String)
    /// `namespace:package/interface@version`
    case interface

    /// - Throws: what is wrong with the name.
    init(_ name: String) throws(NameFault) {
        if let rest = name.without(prefix: "[constructor]") {
            self = .constructor(resource: try ParsedName.label(rest))
        } else if let rest = name.without(prefix: "[method]") {
            self = .method(resource: try ParsedName.resource(ofMember: rest))
        } else if let rest = name.without(prefix: "[static]") {
            self = .static(resource: try ParsedName.resource(ofMember: rest))
        } else if name.utf8.contains(UInt8(ascii: ":")) {
            try ParsedName.checkInterface(name[...])
            self = .interface
        } else {
            _ = try ParsedName.label(name[...])
            self = .label
        }
    }

    /// The form in which two names are equal that are not strongly unique ("Explainer.md", "Name Uniqueness").
    func key(of name: String) -> [UInt8] {
        switch self {
        case .label, .constructor, .interface:
            return Label.key(name)
        case .method(let resource), .static(let resource):
            let member = Label.key(name.drop { $0 != "]" }.dropFirst())
            let resource = Label.key(resource)
            return member == resource + [UInt8(ascii: ".")] + resource ? resource : member
        }
    }

    private static func label(_ text: Substring) throws(NameFault) -> String {
        guard Label.isValid(text) else { throw NameFault("`\(text)` is not in kebab case") }
        return String(text)
    }

    private static func resource(ofMember text: Substring) throws(NameFault) -> String {
        guard let dot = text.firstIndex(of: ".") else {
            throw NameFault("failed to find `.` character between a resource and its member")
        }
        let resource = try label(text[..<dot])
        _ = try label(text[text.index(after: dot)...])
        return resource
    }

    private static func checkInterface(_ name: Substring) throws(NameFault) {
        var rest = name
        let namespace = rest.prefix { $0 != ":" }
        try checkLowercase(namespace)
        rest = rest[namespace.endIndex...].dropFirst()
        let package = rest.prefix { !"/:@".contains($0) }
        try checkLowercase(package)
        rest = rest[package.endIndex...]
        guard rest.popFirst() == "/" else {
            throw NameFault("expected `/` after package name; nested namespaces are not implemented")
        }
        let interface = rest.prefix { $0 != "/" && $0 != "@" }
        _ = try label(interface)
        rest = rest[interface.endIndex...]
        if rest.popFirst() == "@" {
            if let fault = SemanticVersion.fault(in: rest) {
                throw NameFault("`\(rest)` is not a valid semver version: \(fault)")
            }
        } else if interface.endIndex < name.endIndex {
            throw NameFault(
                "trailing characters found: `\(name[interface.endIndex...])`; nested packages are not implemented")
        }
    }

    private static func checkLowercase(_ text: Substring) throws(NameFault) {
        guard Label.isLowercase(text) else {
            throw NameFault(
                Label.isValid(text)
                    ? "`\(text)` has uppercase letters, which namespaces and packages cannot have"
                    : "`\(text)` is not in kebab case")
        }
    }
}

/// What is wrong with a name.
struct NameFault: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

extension String {
    fileprivate func without(prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}
