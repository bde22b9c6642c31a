import Bindle
import Content

/// What HIPPOFACTS says of files: which patterns there are, and whose files they match.
struct FileRules: Sendable {
    /// Each once, in the order in which they are named first. In an invoice, files are ordered by the first pattern that
    /// matches them, then by their paths' bytes.
    let patterns: [GlobPattern]
    /// The patterns of each group, in the order in which groups are named first.
    private let groups: [(name: String, patterns: PatternSet)]
    /// The patterns as they are written, for warnings.
    private let mentions: [(pattern: Int, text: Hippofacts.FilePattern, isSite: Bool)]
    /// Shared by all files: what is the same in many parcels is made once.
    private var conditions: [PatternSet: Conditions] = [:]
    private var mediaTypes: [Substring: String] = [:]

    init(_ entries: [Hippofacts.Entry]) {
        var patterns: [GlobPattern] = []
        var numbers: [GlobPattern: Int] = [:]
        var groups: [(name: String, patterns: PatternSet)] = []
        var mentions: [(pattern: Int, text: Hippofacts.FilePattern, isSite: Bool)] = []
        for entry in entries {
            let isSite = entry.module == .local(path: Hippofacts.siteModule)
            let name = entry.groupName
            let group = groups.firstIndex { NameBytes.areEqual($0.name, name) } ?? groups.count
            if group == groups.count { groups.append((name, PatternSet())) }
            for file in entry.files {
                let number = numbers[file.glob] ?? patterns.count
                if number == patterns.count { patterns.append(file.glob) }
                numbers[file.glob] = number
                groups[group].patterns.insert(number)
                mentions.append((number, file, isSite))
            }
        }
        (self.patterns, self.groups, self.mentions) = (patterns, groups, mentions)
    }

    /// The parcel of a file that patterns match.
    mutating func parcel(_ path: RelativePath, digest: String, size: Int64, patterns: PatternSet) -> Parcel {
        let suffix = pathExtension(of: path.string)
        let mediaType = mediaTypes[suffix] ?? Hippofacts.mediaType(ofPath: path.string)
        mediaTypes[suffix] = mediaType
        return Parcel(
            label: Label(
                sha256: digest, mediaType: mediaType, name: path.string, size: Int(size), feature: Label.featureOfFiles),
            conditions: conditions(of: patterns))
    }

    private mutating func conditions(of patterns: PatternSet) -> Conditions {
        if let known = conditions[patterns] { return known }
        let members = groups.filter { group in
            var isMember = false
            patterns.forEach { if group.patterns.contains($0) { isMember = true } }
            return isMember
        }
        let made = Conditions(memberOf: members.map(\.name))
        conditions[patterns] = made
        return made
    }

    /// What is to be said of patterns that match nothing.
    ///
    /// - Parameter counts: how many files each pattern matches.
    func warnings(_ counts: [Int], in facts: Hippofacts) -> [Expansion.Warning] {
        mentions.compactMap { mention in
            // The patterns of a site are nobody's mistake.
            guard counts[mention.pattern] == 0, !mention.isSite else { return nil }
            return Expansion.Warning(
                file: facts.file, position: mention.text.position,
                message: "No files matched pattern \(mention.text.glob)")
        }
    }
}
