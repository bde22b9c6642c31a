import Bindle
import Content
import Export
import Hippofacts
import Platform
import Sandbox
import WAGI

/// What of an app runs otherwise on the program wagi 0.8.1 than here.
struct WAGIDifferences {
    /// A sentence each; empty if nothing is known.
    private(set) var lines: [String] = []

    private static let shownFileCount = 3
    private static let longestModule = 1 << 30

    /// Of a project's bundle.
    init(_ expansion: Expansion, _ settings: BundleSettings) {
        self.init(expansion.invoice) { label in
            switch expansion.sources[label] {
            case .file(let path, _)?: try? FileReader.bytes(of: path, limit: Self.longestModule)
            case .bytes(let assembled)?: assembled
            // The bindle that it comes from has been served elsewhere.
            case nil: nil
            }
        }
        if !settings.variables.isEmpty {
            lines.append(
                "  \(settings.variables.joined(separator: ", ")) of [env] in hippo-dev.toml: wagi has variables from its own "
                    + "option --env only")
        }
    }

    /// Of an app that is exported.
    init(_ app: ExportedApp, _ invoice: Invoice) {
        self.init(invoice) { label in
            guard let file = ContentFile(label, modificationTime: 0) else { return nil }
            let content = try? app.content.open(file, named: label.name)
            return try? content?.bytes(limit: Self.longestModule, named: label.name)
        }
    }

    /// - Parameter bytes: Those of a module; `nil` for one that nothing is told of.
    private init(_ invoice: Invoice, _ bytes: (Label) -> [UInt8]?) {
        var seen = Set<[String]>()
        for parcel in invoice.parcels {
            let label = parcel.label
            let entrypoint = label.wagi?.entrypoint
            guard parcel.isGlobal, label.mediaType == "application/wasm",
                seen.insert([label.sha256, entrypoint ?? ""]).inserted, let bytes = bytes(label)
            else { continue }
            lines += OriginalWAGI.differences(ofModule: bytes, named: label.name, entrypoint: entrypoint)
                .map { "  \(label.name) \($0)" }
        }
        addFiles(of: invoice)
    }

    private mutating func addFiles(of invoice: Invoice) {
        let files = OriginalWAGI.filesWithoutHandler(in: invoice)
        guard !files.isEmpty else { return }
        let names = files.prefix(Self.shownFileCount).joined(separator: ", ")
        let more = files.count > Self.shownFileCount ? " and \(files.count - Self.shownFileCount) more" : ""
        lines.append("  \(names)\(more): no handler takes these paths, and wagi serves no files by itself")
    }

    /// What is said before the lines.
    static let heading = "note: on wagi 0.8.1, this behaves differently:"

    /// Says them on standard error, if there are any.
    func tell() {
        guard !lines.isEmpty else { return }
        StandardError.tell(([Self.heading] + lines).joined(separator: "\n"))
    }
}
