import Bindle
import CommandLineInterface
import ComponentModel
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

            It warns of routes that no request can have, of .env files, which patterns leave out, and of files that are \
            hardly meant to be in a bundle: keys, packages in node_modules, and files of 32 MiB or more. Of components it tells \
            what they import and export, and which modules are in them.

            With --for wagi it also says what behaves differently on the program wagi 0.8.1. A modules.toml, which wagi reads, \
            can be checked in the same way.
            """,
        options: [
            checkFor, UpOptions.stubImports, checkStore, checkJSON, UpstreamOptions.url, UpstreamOptions.strategy,
        ],
        arguments: [checkPath],
        examples: [
            Example("hippo-dev check", "Check the project in this directory."),
            Example("hippo-dev check app/HIPPOFACTS", "Check the project of this file."),
            Example("hippo-dev check --for wagi", "Say as well what behaves differently on wagi."),
        ],
        action: runCheck
    )

    private static let checkPath = Argument(
        "PATH", summary: "HIPPOFACTS, its directory, a single module, or a modules.toml.", arity: .optional,
        defaultValue: ".")
    private static let checkFor = Option(
        name: "for", valueName: "PROGRAM", summary: "Say what behaves differently on this program.",
        kind: .choice(["wagi"]))
    private static let checkJSON = Option(
        flag: "json", summary: "Print one object of JSON: id, name, version, modules, files, and what is wrong.")
    private static let checkStore = Option(
        name: "store", valueName: "FILE",
        summary:
            "The store to look external bindles up in. [default: .hippo/bindles.sqlite in the project, if it is there]")

    private static func runCheck(_ arguments: ParsedArguments) throws -> ExitCode {
        let path = arguments[checkPath] ?? "."
        let stubsImports = arguments.isSet(UpOptions.stubImports)
        let isForWAGI = arguments[checkFor] == "wagi"
        if ModulesCheck.isModulesFile(path) {
            let check = try ModulesCheck(path)
            return report(
                check.summary, warnings: check.warnings, problems: check.problems(stubsImports: stubsImports),
                differences: isForWAGI ? check.differences() : nil)
        }
        let facts = try Hippofacts(at: path)
        let storePath = try storePath(arguments[checkStore], facts)
        let settings = try BundleSettings(ofProjectAt: path)
        var options = ExpansionOptions()
        settings.apply(to: &options)
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
        let check = ModuleChecks(expansion, stubsImports: stubsImports)
        let problems = check.problems
        if arguments.isSet(checkJSON) {
            try StandardOutput.write(expansion.report(check).serialized + "\n")
            return problems.isEmpty ? .success : .failure
        }
        return report(
            BindleSummary(expansion, check.worlds).description,
            warnings: expansion.warnings.map(\.description) + check.warnings
                + BundleReview(expansion.invoice).warnings,
            problems: problems,
            differences: isForWAGI ? WAGIDifferences(expansion, settings).lines : nil)
    }

    private static func report(
        _ summary: String, warnings: [String], problems: [String], differences: [String]?
    ) -> ExitCode {
        for warning in warnings { StandardError.tell("warning: \(warning)") }
        StandardOutput.tell(summary)
        if let differences {
            StandardOutput.tell(
                differences.isEmpty
                    ? "Nothing is known that would behave differently on wagi 0.8.1."
                    : "On wagi 0.8.1, this behaves differently:\n" + differences.joined(separator: "\n"))
        }
        for problem in problems { StandardError.tell("error: \(problem)") }
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

    /// - Parameter worlds: Of the components, by digest.
    init(_ expansion: Expansion, _ worlds: [String: ComponentWorld]) {
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
            if let world = worlds[label.sha256] { lines += world.lines.map { "    \($0)" } }
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
}
