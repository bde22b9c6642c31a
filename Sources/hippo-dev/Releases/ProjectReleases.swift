import Bindle
import CommandLineInterface
import HTTP
import Hippofacts
import JSON
import Platform
import Sandbox

/// The releases of a project, through its sandbox or in its store.
struct ProjectReleases {
    let control: SandboxControl
    /// The project, as for `hippo-dev up`; `nil` where a sandbox was named by its URL.
    private let project: String?

    init(_ arguments: ParsedArguments) throws {
        control = try HistoryOptions.control(arguments)
        project = HistoryOptions.projectPath(arguments)
    }

    /// As many as the API gives at a time.
    private static let pageSize = 1000

    func all(named name: String? = nil, containing text: String? = nil) throws -> [JSONObject] {
        var releases: [JSONObject] = []
        while true {
            let page = try control.send(
                .get, "releases",
                [
                    "name": name, "text": text, "offset": String(releases.count), "limit": String(Self.pageSize),
                ])
            let more = page["releases"]?.array?.compactMap(\.object) ?? []
            releases += more
            if more.count < Self.pageSize { return releases }
        }
    }

    // MARK: - What is meant

    /// The revision that serves, or was served last.
    private func served() throws -> (number: Int, bindle: BindleID) {
        let revisions = try control.send(.get, "revisions")["revisions"]?.array?.compactMap(\.object) ?? []
        guard let revision = revisions.first(where: { $0["served"]?.boolean == true }),
            let number = revision["number"]?.integer, let bindle = try? BindleID(revision["bindle"]?.string ?? "")
        else { throw CommandFailure("nothing has been served yet: start hippo-dev up first, or say what with --of") }
        return (number, bindle)
    }

    /// The content that a word of the user's means.
    func content(_ word: String) throws -> ContentReference {
        if word == ReleaseOptions.serving { return .revision(try served().number) }
        if let reference = ContentReference(word) { return reference }
        if let number = Int(word), number > 0 { return .revision(number) }
        let id = try releaseID(word)
        // A version alone is a release's.
        return try SemanticVersion(word) != nil || hasRelease(id) ? .release(id) : .bindle(id)
    }

    /// The ID of a release, given by its version or as a whole.
    private func releaseID(_ word: String) throws -> BindleID {
        if let version = SemanticVersion(word) { return try served().bindle.with(version: version) }
        do { return try BindleID(word) } catch {
            throw UsageError("'\(word)' is no VERSION, NAME/VERSION, or number of a revision")
        }
    }

    private func hasRelease(_ id: BindleID) throws -> Bool {
        do throws(SandboxControlError) {
            _ = try control.send(.get, "release", ["id": id.description])
            return true
        } catch {
            guard error.status == .notFound else { throw error }
            return false
        }
    }

    // MARK: - Changes

    /// - Parameter source: What serves if `nil`.
    func make(of source: ContentReference?, version: String?, replacing: Bool) throws -> JSONObject {
        guard source == nil, version == nil else {
            let content = try source ?? .revision(served().number)
            return try make(of: content, version: version, replacing: replacing)
        }
        let (number, bindle) = try served()
        guard let pattern = try openVersion(of: bindle) else {
            return try make(of: .revision(number), version: nil, replacing: replacing)
        }
        // The next version, unless the last one has this content already.
        let known = try all(named: bindle.name).compactMap { SemanticVersion($0["version"]?.string ?? "") }
        if let last = pattern.last(of: known) {
            do throws(SandboxControlError) {
                return try make(of: .revision(number), version: last.description, replacing: replacing)
            } catch {
                guard error.status == .conflict else { throw error }
            }
        }
        guard let next = pattern.resolved(known: { known }) else {
            throw CommandFailure("there is no version after the last of \(pattern): give one")
        }
        return try make(of: .revision(number), version: next.description, replacing: replacing)
    }

    private func make(
        of source: ContentReference, version: String?, replacing: Bool
    ) throws(SandboxControlError) -> JSONObject {
        var body: JSONObject =
            switch source {
            case .revision(let number): ["revision": .integer(number)]
            case .release(let id): ["release": .string(id.description)]
            case .bindle(let id): ["bindle": .string(id.description)]
            }
        body["version"] = version.map { .string($0) }
        if replacing { body["replace"] = .boolean(true) }
        return try control.send(.post, "releases", body: body)
    }

    /// The version of HIPPOFACTS if it leaves the last number open.
    private func openVersion(of bindle: BindleID) throws -> VersionPattern? {
        guard let project, let facts = try? Hippofacts(at: project), facts.name == bindle.name,
            case .nextPatch = facts.version
        else { return nil }
        return facts.version
    }

    func remove(_ word: String) throws -> JSONObject {
        try control.send(.delete, "release", ["id": try releaseID(word).description])
    }
}

extension VersionPattern {
    /// The last version that the pattern has given.
    fileprivate func last(of known: [SemanticVersion]) -> SemanticVersion? {
        guard case .nextPatch(let major, let minor) = self else { return nil }
        return known.filter { $0.major == major && $0.minor == minor && $0.prerelease.isEmpty }.max()
    }
}
