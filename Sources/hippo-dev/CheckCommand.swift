import Bindle
import CommandLineInterface
import Hippofacts
import Platform
import Sandbox
import WAGI

extension Command {
    /// `hippo-dev check`: what the bindle of a project would contain.
    static let check = Command(
        name: "check",
        summary: "Say what a project's bindle would contain, or what is wrong.",
        discussion: """
            Reads HIPPOFACTS, assembles modules that are text, checks every module as a server would when it loads it, \
            and finds the files that the patterns match. Nothing is written.
            """,
        options: [checkStore, checkJSON, UpstreamOptions.url, UpstreamOptions.strategy],
        arguments: [checkPath],
        examples: [
            Example("hippo-dev check", "Check the project in this directory."),
            Example("hippo-dev check app/HIPPOFACTS", "Check the project of this file."),
        ],
        action: runCheck
    )

    private static let checkPath = Argument(
        "PATH", summary: "HIPPOFACTS, its directory, or a lone module.", arity: .optional, defaultValue: ".")
    private static let checkJSON = Option(
        flag: "json", summary: "Print one object of JSON: id, name, version, modules, files, and what is wrong.")
    private static let checkStore = Option(
        name: "store", valueName: "FILE",
        summary:
            "The store to look external bindles up in. [default: .hippo/bindles.sqlite in the project, if it is there]")

    private static func runCheck(_ arguments: ParsedArguments) throws -> ExitCode {
        let path = arguments[checkPath] ?? "."
        let facts = try Hippofacts(at: path)
        let storePath = try storePath(arguments[checkStore], facts)
        var options = ExpansionOptions()
        let externals = try ProjectExternals(
            path: path, store: storePath, upstreams: { try UpstreamOptions.upstreams(arguments, $0) })
        options.externalInvoice = { try externals.invoice($0) }
        if let storePath {
            // Opened only if it is needed: a sandbox may be using it.
            options.knownVersions = { name in
                try BindleStore(path: storePath).allIDs(includingYanked: true).filter { $0.name == name }.map(\.version)
            }
        }
        var cache = DigestCache()
        let expansion = try facts.expanded(options, cache: &cache)
        for warning in expansion.warnings { StandardError.write("warning: \(warning)\n") }
        let problems = BindleSummary.problems(of: expansion)
        print(
            arguments.isSet(checkJSON) ? expansion.report(problems: problems).serialized : "\(BindleSummary(expansion))"
        )
        for problem in problems { StandardError.write("error: \(problem)\n") }
        return problems.isEmpty ? .success : .failure
    }

    /// The store that the option names, or the project's own if it is there.
    private static func storePath(_ path: String?, _ facts: Hippofacts) throws -> String? {
        if let path {
            guard FileStatus(path: path) != nil else {
                throw LoadError("there is no such store", file: path)
            }
            return path
        }
        let own = "\(facts.directory)/.hippo/bindles.sqlite"
        return FileStatus(path: own) != nil ? own : nil
    }
}

/// A bindle's content, for people.
private struct BindleSummary: CustomStringConvertible {
    let description: String

    init(_ expansion: Expansion) {
        let invoice = expansion.invoice
        var lines = ["\(invoice.id)"]
        let requirements = InvoiceRequirements(invoice)
        for parcel in invoice.parcels where parcel.isGlobal {
            let label = parcel.label
            let feature = label.wagi ?? WAGIFeature()
            let role = feature.route ?? label.exportedHandler.map { "export \($0)" } ?? "module"
            var line = "  \(role) → \(label.name), \(Quantity.size(label.size))"
            if let entrypoint = feature.entrypoint { line += ", function \(entrypoint)" }
            if expansion.sources[label] == nil { line += ", external" }
            lines.append(line)
            for file in requirements.parcels(requiredBy: parcel) {
                lines.append("    \(file.label.name), \(Quantity.size(file.label.size)), \(file.label.mediaType)")
            }
        }
        let total = invoice.distinctLabels.reduce(0) { $0 + $1.size }
        let fileCount = invoice.parcels.count { !$0.isGlobal }
        lines.append(
            "\(Quantity.count(invoice.parcels.count - fileCount, "module")), "
                + "\(Quantity.count(fileCount, "file")), \(Quantity.size(total)) in all")
        description = lines.joined(separator: "\n")
    }

    /// What would keep modules from being loaded.
    static func problems(of expansion: Expansion) -> [String] {
        var seen = Set<String>()
        var loader = ModuleLoader()
        return expansion.invoice.parcels.compactMap { parcel in
            let label = parcel.label
            guard parcel.isGlobal, label.mediaType == "application/wasm", let source = expansion.sources[label],
                seen.insert(label.sha256).inserted
            else { return nil }
            do throws(LoadError) {
                switch source {
                case .file(let path, _): try loader.check(ModuleReference(path: path, name: label.name))
                case .bytes(let bytes): try loader.check(bytes, name: label.name)
                }
                return nil
            } catch {
                return "\(error)"
            }
        }
    }
}
