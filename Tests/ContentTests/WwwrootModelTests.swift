import Content
import Cryptography
import TestSupport
import Testing

/// A wwwroot beside the simplest thing that does the same: a dictionary.
@Suite("A wwwroot beside a model of it")
struct WwwrootModelTests {
    typealias Model = [RelativePath: ContentFile]

    private static func file(_ number: Int, time: Int64) -> ContentFile {
        ContentFile(
            digest: SHA256.hash("\(number)".utf8), size: number, mediaType: number % 3 == 0 ? "text/html" : "image/png",
            modificationTime: time)
    }

    /// What a model has at a path, `nil` for a directory; no such value at all for nothing.
    private static func children(_ model: Model, of directory: String) -> [(name: String, file: ContentFile?)] {
        var found: [RelativePath: ContentFile?] = [:]
        let prefix = directory.isEmpty ? "" : directory + "/"
        for (path, file) in model where path.string.utf8.starts(with: prefix.utf8) {
            let rest = path.string.utf8.dropFirst(prefix.utf8.count)
            let name = rest.prefix { $0 != UInt8(ascii: "/") }
            found.updateValue(
                name.count == rest.count ? file : nil, forKey: RelativePath(validating: String(name)!)!)
        }
        return found.sorted { $0.key < $1.key }.map { ($0.key.string, $0.value) }
    }

    /// Compares all that a wwwroot answers with what the model says.
    private static func compare(_ wwwroot: Wwwroot, _ model: Model, _ note: Comment) {
        #expect(wwwroot.fileCount == model.count, note)
        var inodes: Set<UInt64> = [wwwroot.root.inode]
        var pending: [(Wwwroot.Directory, String)] = [(wwwroot.root, "")]
        var fileCount = 0
        while let (directory, path) = pending.popLast() {
            var cookies: [UInt64] = []
            var entries: [(name: String, node: Wwwroot.Node)] = []
            wwwroot.entries(of: directory, after: 0) { name, node, cookie in
                entries.append((String(decoding: name, as: UTF8.self), node))
                cookies.append(cookie)
                return true
            }
            let expected = children(model, of: path)
            #expect(entries.map(\.name) == expected.map(\.name), note)
            #expect(zip(cookies, cookies.dropFirst()).allSatisfy { $0 < $1 }, note)
            for (place, cookie) in cookies.enumerated() {
                var next: UInt64?
                wwwroot.entries(of: directory, after: cookie) { _, _, cookie in
                    next = cookie
                    return false
                }
                #expect(next == (place + 1 < cookies.count ? cookies[place + 1] : nil), note)
            }
            for ((name, node), child) in zip(entries, expected) {
                #expect(inodes.insert(node.inode).inserted, note)
                #expect(wwwroot.node(named: name, in: directory) == node, note)
                let whole = path.isEmpty ? name : "\(path)/\(name)"
                #expect(RelativePath(validating: whole).flatMap { wwwroot.node(at: $0) } == node, note)
                switch node {
                case .file(let file, _):
                    fileCount += 1
                    #expect(file == child.file, note)
                case .directory(let inner):
                    #expect(child.file == nil, note)
                    #expect(wwwroot.parent(of: inner) == directory, note)
                    pending.append((inner, whole))
                }
            }
        }
        #expect(fileCount == model.count, note)
        var all: Model = [:]
        wwwroot.forEachFile { path, file, _ in
            all[path] = file
            return true
        }
        #expect(all == model, note)
    }

    /// Whether a model has a name that is a file and a directory.
    private static func isSound(_ model: Model) -> Bool {
        model.keys.allSatisfy { path in
            var directory = path.parent
            while let current = directory {
                if model[current] != nil { return false }
                directory = current.parent
            }
            return true
        }
    }

    @Test("Whatever is added, replaced and removed, it answers as the model does", arguments: 0..<30)
    func randomChanges(round: Int) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let names = ["a", "b", "a-", "a0", "é", "e\u{301}", "dir", "z\\", "\n"]
        func path() -> RelativePath {
            let depth = Int.random(in: 1...3, using: &random)
            return RelativePath(
                validating: (0..<depth).map { _ in names.randomElement(using: &random)! }.joined(separator: "/"))!
        }
        var model: Model = [:]
        for number in 0..<Int.random(in: 0...12, using: &random) {
            var new = model
            new[path()] = Self.file(number, time: 1)
            if Self.isSound(new) { model = new }
        }
        var wwwroot = try Wwwroot(model.shuffled(using: &random).map { (path: $0.key, file: $0.value) })
        Self.compare(wwwroot, model, "seed \(seed)")
        for step in 0..<20 {
            var new = model
            var changes: [Wwwroot.Change] = []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let isRemoval = Bool.random(using: &random)
                let path = isRemoval ? model.keys.sorted().randomElement(using: &random) ?? path() : path()
                let file = isRemoval ? nil : Self.file(Int.random(in: 0...99, using: &random), time: Int64(step))
                new[path] = file
                changes.append(.init(path, file))
            }
            let note: Comment = "seed \(seed), step \(step)"
            guard Self.isSound(new) else {
                #expect(throws: WwwrootError.self, note) { try wwwroot.applying(changes) }
                #expect(throws: WwwrootError.self, note) {
                    try wwwroot.updated(to: new.map { (path: $0.key, file: $0.value) })
                }
                continue
            }
            let before = wwwroot
            switch step % 5 {
            case 3: wwwroot = try wwwroot.updated(to: new.map { (path: $0.key, file: $0.value) })
            case 4: wwwroot = try wwwroot.applying(changes).compacted()
            default: wwwroot = try wwwroot.applying(changes)
            }
            for path in model.keys where new[path] != nil {
                #expect(before.node(at: path)?.inode == wwwroot.node(at: path)?.inode, note)
            }
            let old = model
            model = new
            Self.compare(wwwroot, model, note)
            Self.compare(before, old, note)
            let (base, changed) = wwwroot.descriptors
            let adopted = try Wwwroot(
                adoptingBase: dup(base), changes: changed.map { dup($0) }, known: step % 2 == 0 ? before : nil)
            Self.compare(adopted, model, note)
        }
    }
}

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
