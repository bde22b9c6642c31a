import Content
package import Platform

/// What is known of a project's files from one expansion to the next: their digests, and its assembled modules. Only
/// files whose identity changed are read again.
package struct DigestCache: Sendable {
    /// Of the files that patterns match.
    var files = FileDigests()
    /// Of modules that are binaries.
    var binaries = FileDigests()
    /// Of modules that are text.
    var assembled: [RelativePath: AssembledModule] = [:]

    struct AssembledModule: Sendable {
        let identity: FileIdentity
        let isRacy: Bool
        let binary: [UInt8]
        /// The binary's digest, in hexadecimal.
        let digest: String
    }

    /// What tells when files are read: what was written just before is read again.
    package var time: any TimeSource = .system

    /// An empty cache: the first expansion reads every file.
    package init() {}

    /// How many files the last expansion had to read because they were new or changed, assembled modules left out.
    package var readFileCount: Int { files.readCount + binaries.readCount }
}
