import Bindle
import CommandLineInterface
import Foundation
import Hippofacts

/// A project as a bindle that leaves this machine.
struct ProjectBindle {
    static let path = Argument(
        "PATH", summary: "HIPPOFACTS, its directory, or a lone module.", arity: .optional, defaultValue: ".")
    static let versioning = Option(
        name: "invoice-version", shortName: "v", valueName: "KIND",
        summary: """
            production takes the version of HIPPOFACTS as it is written; development appends the user's name and the \
            time, so that it is a new one each time.
            """,
        defaultValue: "development", kind: .choice(["development", "production", "dev"]))

    private let facts: Hippofacts
    private let mode: VersionMode
    /// Where digests of files are kept for the next time.
    private let cachePath: String?

    init(_ arguments: ParsedArguments) throws {
        let path = arguments[Self.path] ?? "."
        facts = try Hippofacts(at: path)
        if arguments[Self.versioning] == "production" {
            mode = .asWritten
        } else {
            let environment = ProcessInfo.processInfo.environment
            let user = [environment["USER"], environment["USERNAME"]].compactMap(\.self).first { !$0.isEmpty }
            mode = .development(user: user, milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        }
        let isModule = path.hasSuffix(".wasm") || path.hasSuffix(".wat")
        cachePath = isModule ? nil : "\(facts.directory)/.hippo/digests"
    }

    /// Whether another version is taken when the one that was worked out is taken meanwhile.
    var isVersionOpen: Bool {
        if case .nextPatch = facts.version { true } else { false }
    }

    /// Expands the project. Versions and external bindles are looked up at the client's server, if they have to be.
    ///
    /// Files that have not changed since the last time are not read.
    func expand(client: BindleClient) throws -> Expansion {
        var options = ExpansionOptions(versionMode: mode)
        options.knownVersions = { try client.versions(of: $0) }
        options.externalInvoice = { try client.invoice($0, includingYanked: true) }
        var cache = cachePath.map { DigestCache(contentsOf: $0) } ?? DigestCache()
        let expansion = try facts.expanded(options, cache: &cache)
        for warning in expansion.warnings { FileHandle.standardError.write(Data("warning: \(warning)\n".utf8)) }
        if let cachePath, cache.readFileCount > 0 {
            // Where the project cannot be written to, files are read each time.
            try? FileManager.default.createDirectory(
                atPath: "\(facts.directory)/.hippo", withIntermediateDirectories: true)
            try? cache.write(to: cachePath)
        }
        return expansion
    }
}

extension Expansion {
    /// Where a parcel's bytes are.
    func content(of label: Label) -> ParcelContent {
        switch sources[label.sha256] {
        case .file(let path, _): .file(path: path)
        case .bytes(let bytes): .bytes(bytes)
        case nil: .absent("it belongs to an external bindle, which has to be pushed there first")
        }
    }
}
