import Bindle
import Content
import Foundation
import Hippofacts
import TestSupport

/// The bytes are the HIPPOFACTS file of a small project. Its invoice is valid, written again it is read as the same, a second
/// expansion comes to it without reading, and whatever is in it is known to depend on its file.
enum HippofactsProjects {
    /// The project's files, made once.
    private static let project: TemporaryDirectory? = {
        guard let directory = try? TemporaryDirectory() else { return nil }
        for path in [
            "a.wasm", "bin/b.wasm", "static/index.html", "static/css/site.css", "static/[x].txt", "static/.hidden",
            "static/ä.txt", "docs/a/b/c/deep.md", "docs/readme.md",
        ] {
            guard (try? directory.write("content of \(path)", to: path)) != nil else { return nil }
        }
        guard (try? directory.write("(module)", to: "t.wat")) != nil else { return nil }
        return directory
    }()

    private static let library: Invoice? = try? Invoice(
        toml: """
            bindleVersion = "1.0.0"

            [bindle]
            name = "lib"
            version = "1.0.0"

            [[parcel]]
            label = { sha256 = "\(String(repeating: "a", count: 64))", mediaType = "application/wasm", name = "lib.wasm", size = 1, feature = { wagi = { handler_id = "h" } } }
            conditions = { requires = ["files"] }

            [[parcel]]
            label = { sha256 = "\(String(repeating: "b", count: 64))", mediaType = "text/css", name = "lib.css", size = 2, feature = { wagi = { file = "true" } } }
            conditions = { memberOf = ["files"] }

            [[group]]
            name = "files"
            """)

    private static let options = ExpansionOptions(
        knownVersions: { _ in [SemanticVersion(1, 2, 3), SemanticVersion(1, 2, .max)] },
        externalInvoice: { id in
            guard let library, id.name == "lib" else { throw NoExternalBindles(id: id) }
            return library
        })

    static func run(_ input: UnsafeBufferPointer<UInt8>) {
        guard let project else { fatalError("the project cannot be made") }
        do throws(HippofactsError) {
            let facts = try Hippofacts(parsing: Array(input), file: "\(project.path)/HIPPOFACTS")
            var cache = DigestCache()
            let expansion = try facts.expanded(options, cache: &cache)
            check(expansion, of: facts)
            let again = try facts.expanded(options, cache: &cache)
            guard again.invoice == expansion.invoice else {
                fatalError("the second expansion differs:\n\(expansion.invoice.toml)\n\(again.invoice.toml)")
            }
        } catch {
            _ = "\(error)"
        }
    }

    private static func check(_ expansion: Expansion, of facts: Hippofacts) {
        let text = expansion.invoice.toml
        do {
            guard try Invoice(toml: text) == expansion.invoice else {
                fatalError("what was read is not what is written:\n\(text)")
            }
        } catch {
            fatalError("the invoice cannot be read: \(error)\n\(text)")
        }
        let dependencies = facts.dependencies
        for parcel in expansion.invoice.parcels where !parcel.label.isFromOtherBindle {
            guard let path = RelativePath(validating: parcel.label.name), dependencies.contain(path) else {
                fatalError("nobody would notice a change of \(parcel.label.name.debugDescription)")
            }
            guard dependencies.reach(path.parent) else {
                fatalError("nobody would look into the directory of \(parcel.label.name.debugDescription)")
            }
        }
        _ = expansion.warnings.map(\.description)
    }
}
