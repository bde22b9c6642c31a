import Bindle
import Content
import ControlPage
import HTTP
import Hippofacts
import Platform

/// Files that somebody has dropped on the control page, in a directory of their own.
struct FedFiles {
    /// The directory that counts as the project's: the one that all of them are in, if there is one.
    private let root: String
    /// Its name; `nil` for files that are in none.
    private let folder: String?
    private let files: [RelativePath]
    private let ignored: [String]
    /// Whether a HIPPOFACTS file is among them.
    let isDescribed: Bool

    /// Files that are never taken in: settings of `hippo-dev up`, variables, which are secrets as often as not, and what
    /// version control and sandboxes keep.
    static func isIgnored(_ components: [Substring]) -> Bool {
        if components.dropLast().contains(where: { $0 == ".git" || $0 == ".hippo" }) { return true }
        guard let name = components.last else { return false }
        return name == ".env" || name == "hippo-dev.toml"
    }

    init(_ unpacked: FeedDirectory.Unpacked, in directory: String) {
        let components = unpacked.files.map(\.components)
        let isInOne = components.allSatisfy { $0.count > 1 && $0.first == components.first?.first }
        if isInOne, let top = components.first?.first {
            folder = String(top)
            root = "\(directory)/\(top)"
            files = unpacked.files.compactMap { RelativePath(validating: String($0.string.dropFirst(top.count + 1))) }
        } else {
            folder = nil
            root = directory
            files = unpacked.files
        }
        ignored = unpacked.ignored
        isDescribed = files.contains { Hippofacts.filePaths.contains($0) }
    }

    /// Makes the bindle.
    /// - Parameters:
    ///   - name: What it is called, whatever the files say.
    ///   - externalInvoice: The invoice of a bindle that HIPPOFACTS refers to.
    func expanded(
        name: String?, externalInvoice: @escaping @Sendable (BindleID) throws -> Invoice
    ) throws(ControlFailure) -> (expansion: Expansion, meal: Feed.Meal) {
        guard !files.isEmpty else { throw ControlFailure(.unprocessableContent, "there is no file in the archive") }
        let expansion: Expansion
        do throws(HippofactsError) {
            let facts = try isDescribed ? Hippofacts(at: root) : described(name: name)
            guard facts.dependencies.modulesAbove.isEmpty else {
                throw HippofactsError(
                    file: facts.file, message: "a module is above the files that were dropped, where nothing is read")
            }
            var options = ExpansionOptions(externalInvoice: externalInvoice)
            if !isDescribed { options.excludedFiles = Hippofacts.undescribedExclusions }
            var cache = DigestCache()
            expansion = try facts.expanded(options, cache: &cache)
        } catch {
            throw ControlFailure(.unprocessableContent, shown("\(error)"))
        }
        var meal = Feed.Meal(invoice: expansion.invoice, isInferred: !isDescribed)
        if let name {
            do { meal.invoice.bindle.id = try BindleID(name: name, version: meal.invoice.id.version) } catch {
                throw ControlFailure(.badRequest, "'name': \(error)")
            }
        }
        meal.notes = notes(of: expansion)
        return (expansion, meal)
    }

    private func described(name: String?) throws(HippofactsError) -> Hippofacts {
        let inferred =
            folder.flatMap { Hippofacts.bindleName(from: $0) } ?? Hippofacts.bindleName(ofModuleAmong: files) ?? "app"
        let isPlain = name.map { BindleID.isPlainName($0) } ?? false
        return try Hippofacts(
            describing: files, in: root, name: isPlain ? name ?? inferred : inferred,
            version: SemanticVersion(0, 1, 0))
    }

    private func notes(of expansion: Expansion) -> [String] {
        var notes: [String] = []
        for path in ignored.prefix(Self.toldLimit) {
            let isSettings = path.hasSuffix("hippo-dev.toml")
            notes.append(
                "'\(path)' is ignored: "
                    + (isSettings
                        ? "its settings are for a project that hippo-dev up runs." : "it is not taken in from a drop."))
        }
        if ignored.count > Self.toldLimit { notes.append("\(ignored.count - Self.toldLimit) more files are ignored.") }
        notes += expansion.warnings.prefix(Self.toldLimit).map { warning in
            // What nobody has written has no place.
            shown(isDescribed ? warning.description : warning.message) + "."
        }
        return notes
    }

    /// So many files or warnings are told one by one.
    private static let toldLimit = 20

    /// A text with paths as whoever has dropped the files knows them.
    private func shown(_ text: String) -> String { text.replacing(root + "/", with: "") }
}
