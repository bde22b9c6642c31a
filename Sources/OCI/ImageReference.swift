import HTTP

/// Where an image is: `HOST/NAME:TAG`, `HOST/NAME@sha256:HEX`, or both.
package struct ImageReference: Hashable, Sendable, CustomStringConvertible {
    /// With the port, if one is given.
    package let host: String
    /// Whether the host is this machine: then it is asked by plain HTTP, and by TLS otherwise.
    private let isLocal: Bool
    /// What the registry calls the repository; it may have slashes.
    package let name: String
    /// `nil` where a digest alone is given.
    package let tag: String?
    /// `sha256:` and 64 hexadecimal digits.
    package let digest: String?

    /// - Throws: `RegistryError.invalidReference`.
    package init(_ text: some StringProtocol) throws(RegistryError) {
        func invalid(_ problem: String) -> RegistryError { .invalidReference(String(text), problem: problem) }
        guard let slash = text.firstIndex(of: "/") else {
            throw invalid("a host and a name are wanted, like HOST/NAME:TAG")
        }
        host = String(text[..<slash])
        guard let url = try? HTTPURL("http://\(host)/"),
            host.contains(where: { ".:".contains($0) }) || host == "localhost"
        else { throw invalid("'\(host)' is no host with a domain or a port") }
        isLocal = ProxySettings.isLoopback(url.host)
        var rest = String(text[text.index(after: slash)...])
        if let at = rest.firstIndex(of: "@") {
            let digest = String(rest[rest.index(after: at)...])
            guard Self.isDigest(digest) else { throw invalid("'\(digest)' is no digest of the form sha256:HEX") }
            self.digest = digest
            rest = String(rest[..<at])
        } else {
            digest = nil
        }
        if let colon = rest.lastIndex(of: ":") {
            let tag = rest[rest.index(after: colon)...]
            guard Self.isTag(tag) else { throw invalid("'\(tag)' is no tag") }
            self.tag = String(tag)
            rest = String(rest[..<colon])
        } else {
            tag = digest == nil ? "latest" : nil
        }
        guard Self.isName(rest) else { throw invalid("'\(rest)' is no name of a repository, which is in lower case") }
        name = rest
    }

    private init(_ other: ImageReference, tag: String?, digest: String?) {
        (host, isLocal, name, self.tag, self.digest) = (other.host, other.isLocal, other.name, tag, digest)
    }

    /// Another image of the repository.
    package func with(tag: String) throws(RegistryError) -> ImageReference {
        guard Self.isTag(tag) else { throw .invalidReference("\(host)/\(name):\(tag)", problem: "'\(tag)' is no tag") }
        return ImageReference(self, tag: tag, digest: nil)
    }

    package var description: String {
        "\(host)/\(name)" + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    /// What a registry finds the manifest by.
    var manifest: String { digest ?? tag ?? "latest" }

    /// The URL of the registry, without a slash at the end.
    var origin: String { "\(isLocal ? "http" : "https")://\(host)" }

    // MARK: Names (OCI distribution specification 1.1, "Pulling manifests")

    static func isDigest(_ text: String) -> Bool {
        let prefix = "sha256:"
        return text.hasPrefix(prefix) && text.utf8.count == prefix.utf8.count + 64
            && text.utf8.dropFirst(prefix.utf8.count).allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
            }
    }

    private static func isTag(_ text: some StringProtocol) -> Bool {
        guard let first = text.first, text.utf8.count <= 128 else { return false }
        return (isWord(first) || first == "_") && text.allSatisfy { isWord($0) || "_.-".contains($0) }
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber)
    }

    private static func isName(_ text: String) -> Bool {
        let components = text.split(separator: "/", omittingEmptySubsequences: false)
        return text.utf8.count <= 255
            && components.allSatisfy { component in
                guard let first = component.first, let last = component.last else { return false }
                func isPlain(_ character: Character) -> Bool { isWord(character) && !character.isUppercase }
                return isPlain(first) && isPlain(last) && component.allSatisfy { isPlain($0) || "._-".contains($0) }
            }
    }
}
