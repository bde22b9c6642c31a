import Cryptography
package import Platform

/// What is known of the bytes of an open content.
enum Evidence: Sendable {
    /// They are in memory, where nobody changes them.
    case inMemory
    /// They may be any.
    case unread(SHA256Digest)
    /// They had the digest while the file was what the identity says.
    ///
    /// - Parameter isSettled: false if the file may have been written to since, so shortly after that it looks the same.
    case had(SHA256Digest, FileIdentity, isSettled: Bool)
    /// They are others, or may have been for a while.
    case writtenTo
}

extension OpenContent {
    /// Whether the bytes are those of the content, and nobody has written to the file since that was found out.
    ///
    /// One call of the system tells it as long as the file's identity stays the same. All bytes are read again where only
    /// the time of the last change differs: that is so, too, of a file that has lost its name or got other permissions. A
    /// file whose size or time of modification differs is never intact again, whatever is in it: what was read from it
    /// meanwhile may have been something else.
    package var isIntact: Bool {
        guard case .file(let descriptor) = storage else { return true }
        guard let identity = FileStatus(descriptor: descriptor)?.identity else { return false }
        switch evidence.withLock({ $0 }) {
        case .inMemory, .unread: break
        case .writtenTo: return false
        case .had(_, identity, isSettled: true): return true
        case .had(_, let known, _):
            guard known.size == identity.size, known.modificationTime == identity.modificationTime else {
                evidence.withLock { $0 = .writtenTo }
                return false
            }
        }
        do throws(ContentError) {
            try verify(named: "")
            return true
        } catch {
            return false
        }
    }

    /// Finds out whether the bytes are those of the content: from the file's identity where that is one that is known to
    /// have them, and by reading all where it is not.
    ///
    /// - Parameters:
    ///   - known: identities of files that have them; those that are `nil` stand for none.
    ///   - name: what people call the content, for messages.
    /// - Returns: the identity, which is `known` from now on; `nil` for bytes in memory, and for a file that was written a
    ///   moment ago: it may be written to once more and look the same.
    /// - Throws: `ContentError.damaged` if they are others, or the file is none of bytes; `.unreadable`.
    @discardableResult
    package func verify(known: FileIdentity?..., named name: String) throws(ContentError) -> FileIdentity? {
        guard case .file(let descriptor) = storage else { return nil }
        let wanted: SHA256Digest
        switch evidence.withLock({ $0 }) {
        case .unread(let digest), .had(let digest, _, _): wanted = digest
        case .inMemory, .writtenTo: throw .damaged(name: name)
        }
        guard let status = FileStatus(descriptor: descriptor), status.isRegular, status.size == Int64(size) else {
            throw refuse(name)
        }
        if known.contains(status.identity) {
            note(.had(wanted, status.identity, isSettled: true))
            return status.identity
        }
        let start = SystemTime().nanosecondsSince1970
        guard try digest(named: name) == wanted, FileStatus(descriptor: descriptor)?.identity == status.identity else {
            throw refuse(name)
        }
        let isSettled = !status.isRacy(at: start)
        note(.had(wanted, status.identity, isSettled: isSettled))
        return isSettled ? status.identity : nil
    }

    private func refuse(_ name: String) -> ContentError {
        evidence.withLock { $0 = .writtenTo }
        return .damaged(name: name)
    }

    private func note(_ new: Evidence) {
        evidence.withLock { evidence in
            // Another thread may have seen that it was written to meanwhile.
            if case .writtenTo = evidence { return }
            evidence = new
        }
    }
}
