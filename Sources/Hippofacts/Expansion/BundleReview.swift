package import Bindle
import Content

/// What in a bundle is hardly meant to be there: secrets, packages of a build, and very large files.
///
/// Parcels may be looked at in any portions. A look costs little: names are compared as bytes, and nothing is allocated
/// for those that are as usual.
package struct BundleReview {
    /// Files from here on are told of, in bytes.
    package static let largeSize = 32 << 20
    private static let shownCount = 3

    private var secrets: [String] = []
    private var large: [(name: String, size: Int)] = []
    private var packageFileCount = 0
    private var packageDirectory: String?

    package init() {}

    /// Looks at all parcels of an invoice.
    package init(_ invoice: Invoice) {
        for parcel in invoice.parcels { look(at: parcel) }
    }

    package mutating func look(at parcel: Parcel) {
        let label = parcel.label
        guard label.isWAGIFile, !label.isFromOtherBindle, let path = RelativePath(validating: label.name) else {
            return
        }
        let kind = path.withUTF8(Kind.init)
        switch kind {
        case .usual: break
        case .secret: secrets.append(label.name)
        case .ofPackage(let length):
            packageFileCount += 1
            if packageDirectory == nil {
                packageDirectory = String(decoding: label.name.utf8.prefix(length), as: UTF8.self)
            }
        }
        if label.size >= Self.largeSize { large.append((label.name, label.size)) }
    }

    /// What is to be said: a sentence for each kind of file.
    package var warnings: [String] {
        var warnings: [String] = []
        if let first = secrets.first {
            let names = secrets.prefix(Self.shownCount).joined(separator: ", ")
            let more = secrets.count > Self.shownCount ? " and \(secrets.count - Self.shownCount) more" : ""
            warnings.append(
                "\(names)\(more) in the bundle: everybody can read what looks like a secret. \(Self.remedy(first))")
        }
        if let packageDirectory {
            warnings.append(
                "\(packageFileCount) \(packageFileCount == 1 ? "file" : "files") of \(packageDirectory) in the bundle: "
                    + "these are packages that a build needs. \(Self.remedy(packageDirectory))")
        }
        for (name, size) in large.sorted(by: { $0.size > $1.size }).prefix(Self.shownCount) {
            warnings.append(
                "\(name) in the bundle has \(size >> 20) MiB, which each server has to fetch. \(Self.remedy(name))")
        }
        if large.count > Self.shownCount {
            warnings.append(
                "\(large.count - Self.shownCount) more files in the bundle have \(Self.largeSize >> 20) MiB or more")
        }
        return warnings
    }

    private static func remedy(_ pattern: String) -> String {
        "exclude = [\"\(pattern)\"] in [files] of hippo-dev.toml leaves it out"
    }
}

/// What a file is, to go by its path.
private enum Kind {
    case usual
    /// Variables, keys or passwords.
    case secret
    /// Below `node_modules`, whose path has this length.
    case ofPackage(Int)

    private static let slash = UInt8(ascii: "/")

    init(_ path: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for index in path.indices where path[index] == Self.slash {
            if path[start] == UInt8(ascii: "n"), Self.areEqual(path[start..<index], "node_modules") {
                self = .ofPackage(index)
                return
            }
            start = index + 1
        }
        self = Self.isSecret(path[start...]) ? .secret : .usual
    }

    /// Examples of such files do not count.
    private static func isSecret(_ name: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        if begins(name, ".env") {
            if name.count == 4 { return true }
            let examples: [StaticString] = [".example", ".sample", ".template", ".dist"]
            return name[name.startIndex + 4] == UInt8(ascii: ".") && !examples.contains { ends(name, $0) }
        }
        switch name.first {
        case UInt8(ascii: "."): return [".npmrc", ".netrc", ".pgpass", ".htpasswd"].contains { areEqual(name, $0) }
        case UInt8(ascii: "i") where begins(name, "id_"):
            return ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"].contains { areEqual(name, $0) }
        case UInt8(ascii: "s") where areEqual(name, "secret_keys.toml"): return true
        default: return [".pem", ".key", ".p12", ".pfx", ".jks", ".keystore"].contains { ends(name, $0) }
        }
    }

    private static func areEqual(_ name: Slice<UnsafeBufferPointer<UInt8>>, _ text: StaticString) -> Bool {
        text.utf8CodeUnitCount == name.count && begins(name, text)
    }

    private static func begins(_ name: Slice<UnsafeBufferPointer<UInt8>>, _ text: StaticString) -> Bool {
        text.withUTF8Buffer { name.count >= $0.count && name.prefix($0.count).elementsEqual($0) }
    }

    private static func ends(_ name: Slice<UnsafeBufferPointer<UInt8>>, _ text: StaticString) -> Bool {
        text.withUTF8Buffer { name.count >= $0.count && name.suffix($0.count).elementsEqual($0) }
    }
}
