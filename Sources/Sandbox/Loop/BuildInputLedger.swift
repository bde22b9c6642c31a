import Cryptography
import Platform

/// Tells edits from what the build command itself writes, for files that are both read and written by it.
///
/// While a build runs, a change of one of its inputs restarts it, since what it has read may be outdated. A build that
/// writes such a file would restart itself for ever; therefore a change counts only if the content differs from the
/// last one seen, and a file that has restarted the build `patience` times in a row does so no more.
struct BuildInputLedger: Sendable {
    private var digests: [String: SHA256Digest] = [:]
    private var restarts: [String: Int] = [:]
    private var changedInRun: Set<String> = []
    private var products: Set<String> = []
    private static let patience = 4

    /// What a change during a build means.
    enum Verdict: Hashable, Sendable {
        /// The build has to start again.
        case edit
        /// The content is what it was.
        case unchanged
        /// The build command seems to write this file.
        case product
    }

    /// Judges a change that came while a build ran.
    mutating func judge(_ path: String, in directory: String) -> Verdict {
        let digest = Self.digest(of: path, in: directory)
        if digests.updateValue(digest, forKey: path) == digest { return .unchanged }
        changedInRun.insert(path)
        if products.contains(path) { return .product }
        restarts[path, default: 0] += 1
        return restarts[path, default: 0] <= Self.patience ? .edit : .product
    }

    /// Takes note of a change that came while no build ran: an edit for certain.
    mutating func noteEdit(_ path: String, in directory: String) {
        restarts[path] = nil
        products.remove(path)
        // One save can have several events; those that come when the build has begun are no more news.
        digests[path] = Self.digest(of: path, in: directory)
    }

    /// Takes note of a build that came to its end.
    ///
    /// - Returns: files that are taken for products from now on. Since the last change of such a file could still have
    ///   been an edit, the build has to run once more if there are any.
    mutating func noteEnd() -> [String] {
        let found = changedInRun.subtracting(products).filter { restarts[$0, default: 0] > Self.patience }
        products.formUnion(found)
        // What does not change in a whole run is no product of it.
        restarts = restarts.filter { changedInRun.contains($0.key) }
        changedInRun = []
        return found.sorted()
    }

    private static func digest(of path: String, in directory: String) -> SHA256Digest {
        (try? SHA256.hash(fileAt: directory + "/" + path))?.digest ?? SHA256.hash([])
    }
}
