import Bindle
import Content
import Foundation
import Hippofacts
import TestSupport
import Testing

/// Whatever happens to a tree, an expansion that is kept up to date is the one that is made anew.
struct RandomEditTests {
    /// Names that come close to each other in every order that there is.
    private static let names = [
        "a", "b", "a-b", "a.txt", "a0", "b.css", "\u{E9}.txt", "e\u{301}.txt", "x\ny", "back\\slash", ".hidden", "x~",
    ]
    private static let patterns = [
        "**/*", "*", "a/**", "*/a.txt", "**/*.txt", "b.css", "a/b/*", "[ab]*/**/a*", "**/b/*", "?/?",
    ]

    @Test("Updates after random edits lead to the parcels, order and warnings of a whole expansion", arguments: 0..<12)
    func updates(number: Int) throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let project = try TemporaryDirectory()
        try project.write("module", to: "module.wasm")
        var text = "bindle = { name = \"project\", version = \"1.0.0\" }\n"
        for handler in 0..<Int.random(in: 1...3, using: &random) {
            let patterns = Self.patterns.shuffled(using: &random).prefix(Int.random(in: 0...4, using: &random))
            text += """
                [[\(handler == 0 ? "handler" : "export")]]
                name = "module.wasm"
                \(handler == 0 ? "route = \"/\"" : "id = \"\(handler)\"")
                files = [\(patterns.map { "\"\($0)\"" }.joined(separator: ", "))]

                """
        }
        try project.write(text, to: "HIPPOFACTS")
        let facts = try Hippofacts(at: project.path)
        for _ in 0..<20 { _ = try edit(project, &random) }
        var expansion = ProjectExpansion()
        var warnings = try expansion.expand(facts).warnings
        for round in 0..<25 {
            var touched: Set<ChangedPath> = []
            for _ in 0..<Int.random(in: 1...5, using: &random) { touched.formUnion(try edit(project, &random)) }
            var parcels = try Array(#require(expansion.invoice).parcels)
            let found = try expansion.update(touched)
            let update = try #require(found, "seed \(seed), round \(round)")
            for edit in update.edits.reversed() {
                #expect(Array(parcels[edit.old]) == edit.removed, "seed \(seed), round \(round)")
                parcels.replaceSubrange(edit.old, with: edit.inserted)
            }
            warnings = update.warnings ?? warnings
            var fresh = ProjectExpansion()
            let whole = try fresh.expand(facts)
            try #require(expansion.invoice == whole.invoice, "seed \(seed), round \(round): \(touched)")
            #expect(parcels == Array(whole.invoice.parcels), "seed \(seed), round \(round)")
            #expect(warnings == whole.warnings, "seed \(seed), round \(round)")
            for edit in update.edits {
                #expect(parcels[edit.new].map(\.label) == edit.inserted.map(\.label), "seed \(seed), round \(round)")
            }
        }
    }

    /// Does something to the tree, and says to what.
    private func edit(_ project: TemporaryDirectory, _ random: inout SeededGenerator) throws -> Set<ChangedPath> {
        let names = (0..<Int.random(in: 1...3, using: &random)).map { _ in Self.names.randomElement(using: &random)! }
        let path = names.joined(separator: "/")
        let full = project.path + "/" + path
        let changed = ChangedPath(try RelativePath(path))
        var status = stat()
        let isThere = lstat(full, &status) == 0
        let isDirectory = isThere && status.st_mode & S_IFMT == S_IFDIR
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<6:
            guard !isDirectory, (try? project.write("\(UInt8.random(in: 0...9, using: &random))", to: path)) != nil
            else {
                return []
            }
            // Directories on the way are new, too.
            return [changed]
        case 6, 7:
            guard isThere else { return [] }
            try FileManager.default.removeItem(atPath: full)
            return [ChangedPath(changed.path, isDirectory: isDirectory)]
        default:
            let other = Self.names.randomElement(using: &random)!
            guard isThere, other != names[0], rename(full, project.path + "/" + other) == 0 else { return [] }
            return [
                ChangedPath(changed.path, isDirectory: isDirectory),
                ChangedPath(try RelativePath(other), isDirectory: isDirectory),
            ]
        }
    }
}
