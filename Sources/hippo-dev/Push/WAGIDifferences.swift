import Bindle
import Hippofacts
import Platform
import Sandbox
import WAGI

/// What of a project's bindle runs otherwise on the program wagi 0.8.1 than here.
struct WAGIDifferences {
    /// A sentence each; empty if nothing is known.
    private(set) var lines: [String] = []

    private static let shownFileCount = 3
    private static let longestModule = 1 << 30

    init(_ expansion: Expansion, _ settings: BundleSettings) {
        var seen = Set<[String]>()
        for parcel in expansion.invoice.parcels {
            let label = parcel.label
            let entrypoint = label.wagi?.entrypoint
            guard parcel.isGlobal, label.mediaType == "application/wasm",
                seen.insert([label.sha256, entrypoint ?? ""]).inserted
            else { continue }
            let bytes: [UInt8]
            switch expansion.sources[label] {
            case .file(let path, _)?:
                guard let read = try? FileReader.bytes(of: path, limit: Self.longestModule) else { continue }
                bytes = read
            case .bytes(let assembled)?: bytes = assembled
            // The bindle that it comes from has been served elsewhere.
            case nil: continue
            }
            lines += OriginalWAGI.differences(ofModule: bytes, named: label.name, entrypoint: entrypoint)
                .map { "  \(label.name) \($0)" }
        }
        addFiles(of: expansion.invoice)
        if !settings.variables.isEmpty {
            lines.append(
                "  \(settings.variables.joined(separator: ", ")) of [env] in hippo-dev.toml: wagi has variables from its own "
                    + "option --env only")
        }
    }

    private mutating func addFiles(of invoice: Invoice) {
        let files = OriginalWAGI.filesWithoutHandler(in: invoice)
        guard !files.isEmpty else { return }
        let names = files.prefix(Self.shownFileCount).joined(separator: ", ")
        let more = files.count > Self.shownFileCount ? " and \(files.count - Self.shownFileCount) more" : ""
        lines.append("  \(names)\(more): no handler takes these paths, and wagi serves no files by itself")
    }
}
