import Content
import Cryptography
import Hippofacts

/// Tells edits from what the build command itself writes.
///
/// Names that were there before a build are inputs: an edit of one overtakes the build. Names that come while it runs never
/// do, since compilers and linkers write beside their output under a name that is new each time. After the build, those
/// that are still there are looked at once. What a build makes again is its output, and is remembered. See Builds.md in
/// Sandbox.docc.
struct BuildInputLedger: Sendable {
    private enum Origin: Sendable {
        /// It was there before the build, or was made while none ran.
        case found
        /// It came while a build ran: the build, or somebody else, has made it.
        case born
        /// The build has made it more than once.
        case output
    }

    private struct Name: Sendable {
        var origin: Origin
        /// `nil` if it has not been read yet.
        var digest: SHA256Digest?
        /// How often in a row it has restarted the build.
        var restarts = 0
    }

    private struct Run: Sendable {
        var new: Set<RelativePath> = []
        var gone: Set<RelativePath> = []
        /// Born files that were written again.
        var remade: Set<RelativePath> = []
        /// Those of them that have another content now.
        var remadeOtherwise: Set<RelativePath> = []
        /// Inputs whose content has changed.
        var changed: Set<RelativePath> = []
        var directories: Set<RelativePath> = []
        var isUncertain = false
    }

    /// What a change during a build means.
    enum Verdict: Hashable, Sendable {
        /// The build has to start again.
        case edit
        /// The build goes on.
        case none
    }

    /// What a run has left.
    struct Outcome: Hashable, Sendable {
        /// Files that came during the run and are still there.
        var new: [RelativePath] = []
        /// Inputs that went during the run.
        var gone: [RelativePath] = []
        /// Files that the build seems to have written, though somebody could have edited them.
        var doubtful: [RelativePath] = []
        /// Inputs that every run has changed, and that are taken for outputs from now on.
        var products: [RelativePath] = []
        /// Whether changes may have been missed.
        var isUncertain = false
        var hasNewOutputs = false

        /// Whether the build may have to read what was not there when it began.
        var asksForAnother: Bool {
            !new.isEmpty || !gone.isEmpty || !doubtful.isEmpty || isUncertain
        }
    }

    /// A file that has restarted the build so often in a row does so no more.
    private static let patience = 4

    private var names: [RelativePath: Name] = [:]
    /// Outputs that are not there.
    private var absentOutputs: Set<RelativePath>
    private var run: Run?
    private var isListed = false

    /// - Parameter outputs: what is known already to be an output.
    init(outputs: Set<RelativePath> = []) {
        absentOutputs = outputs
    }

    /// All that is known to be an output of the build.
    var outputs: Set<RelativePath> {
        absentOutputs.union(names.filter { $0.value.origin == .output }.keys)
    }

    /// What is there has to be looked at before the next build.
    mutating func forgetListing() {
        isListed = false
    }

    /// Takes note of a build that begins.
    mutating func beginRun(_ listing: () -> [RelativePath: SHA256Digest?]) {
        if !isListed {
            let listed = listing()
            for (path, name) in names where listed[path] == nil { forget(path, name) }
            for (path, digest) in listed where names[path] == nil {
                let isOutput = absentOutputs.remove(path) != nil
                names[path] = Name(origin: isOutput ? .output : .found, digest: digest)
            }
            isListed = true
        }
        run = Run()
    }

    /// Takes note of a change that came while no build ran.
    ///
    /// - Parameter digest: that of the file's content; `nil` if it is not there, or for a directory.
    /// - Returns: whether the build has to run.
    mutating func noteEdit(_ change: ChangedPath, _ digest: SHA256Digest?) -> Bool {
        if change.isDirectory {
            isListed = false
            return true
        }
        let path = change.path
        let known = names[path]
        guard let digest else {
            if let known { forget(path, known) }
            // What the build has made, it makes again.
            return known.map { $0.origin != .output } ?? true
        }
        // The last event of what the build has written.
        if let known, known.origin != .found, known.digest == digest { return false }
        absentOutputs.remove(path)
        names[path] = Name(origin: .found, digest: digest)
        return true
    }

    /// Judges a change that came while a build ran.
    mutating func judge(_ change: ChangedPath, _ digest: SHA256Digest?) -> Verdict {
        let path = change.path
        if change.isDirectory {
            run?.directories.insert(path)
            return .none
        }
        guard var name = names[path] else {
            if digest == nil {
                run?.new.remove(path)
            } else if absentOutputs.remove(path) != nil {
                names[path] = Name(origin: .output, digest: digest)
            } else {
                run?.new.insert(path)
            }
            return .none
        }
        guard let digest else {
            // It may be about to be written anew; whether it is, the end of the build tells.
            run?.gone.insert(path)
            return .none
        }
        run?.gone.remove(path)
        let isChanged = name.digest != digest
        name.digest = digest
        defer { names[path] = name }
        switch name.origin {
        case .output: return .none
        case .born:
            run?.remade.insert(path)
            if isChanged { run?.remadeOtherwise.insert(path) }
            return .none
        case .found:
            guard isChanged else { return .none }
            run?.changed.insert(path)
            name.restarts += 1
            return name.restarts <= Self.patience ? .edit : .none
        }
    }

    /// More has changed during the build than can be told.
    mutating func noteUncertainty() {
        run?.isUncertain = true
        isListed = false
    }

    /// Takes note of a build that came to its end.
    ///
    /// - Parameters:
    ///   - isCancelled: true if it has to run again anyway.
    ///   - isRepeated: true if it was run once more for what the run before had left.
    mutating func endRun(
        isCancelled: Bool = false, isRepeated: Bool = false, _ digest: (RelativePath) -> SHA256Digest?
    ) -> Outcome {
        guard let run else { return Outcome() }
        self.run = nil
        var outcome = Outcome(isUncertain: run.isUncertain)
        for path in run.new.sorted() {
            guard let content = digest(path) else { continue }
            names[path] = Name(origin: .born, digest: content)
            outcome.new.append(path)
        }
        let below = names.keys.filter { path in run.directories.contains { path.isBelow($0) } }
        for path in run.gone.union(below).sorted() {
            guard let name = names[path], digest(path) == nil else { continue }
            if name.origin == .found { outcome.gone.append(path) }
            forget(path, name)
        }
        for path in run.remade where names[path]?.origin == .born {
            names[path]?.origin = .output
            outcome.hasNewOutputs = true
            // Somebody could have edited it, and the build have read it before.
            if run.remadeOtherwise.contains(path) { outcome.doubtful.append(path) }
        }
        for path in run.changed where names[path].map({ $0.restarts > Self.patience }) ?? false {
            guard isRepeated else {
                // The last change could still have been an edit.
                outcome.doubtful.append(path)
                continue
            }
            names[path]?.origin = .output
            names[path]?.restarts = 0
            outcome.hasNewOutputs = true
            outcome.products.append(path)
        }
        outcome.doubtful.sort()
        outcome.products.sort()
        if !isCancelled {
            // What does not change in a whole run is no output of it.
            for (path, name) in names where name.restarts > 0 && !run.changed.contains(path) {
                names[path]?.restarts = 0
            }
        }
        return outcome
    }

    private mutating func forget(_ path: RelativePath, _ name: Name) {
        if name.origin == .output { absentOutputs.insert(path) }
        names[path] = nil
    }
}
