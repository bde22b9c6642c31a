import Glibc
import Platform
import Synchronization

/// A content that stays readable for as long as this is held, whatever is removed meanwhile. Threads may share one.
package final class OpenContent: Sendable {
    /// Where the bytes are.
    package enum Storage: Sendable {
        /// A descriptor that has all of them, from offset 0 on: for `sendfile` and `pread`, which move no position. It
        /// is closed with its `OpenContent`.
        case file(descriptor: Int32)
        case bytes([UInt8])
    }

    /// Whom a file belongs to.
    package enum Owner: Sendable {
        /// `hippo-dev`, which does not write to it once it is there.
        case program
        /// People, whose editors may write to it while it is open. What is sent from it has to be copied first, since the
        /// system would send what is in the file when the packet leaves.
        case people
    }

    /// The number of bytes.
    package let size: Int
    package let storage: Storage
    package let owner: Owner
    /// What `isIntact` knows.
    let evidence: Mutex<Evidence>

    /// A content in memory.
    package init(_ bytes: [UInt8]) {
        size = bytes.count
        storage = .bytes(bytes)
        owner = .program
        evidence = Mutex(.inMemory)
    }

    /// Takes over a descriptor that is open for reading. Whether its file has the bytes of the content is not known before
    /// `verify` or `isIntact` has said so.
    package init(adopting descriptor: Int32, of file: ContentFile, owner: Owner = .program) {
        size = file.size
        storage = .file(descriptor: descriptor)
        self.owner = owner
        evidence = Mutex(.unread(file.digest))
    }

    deinit {
        if case .file(let descriptor) = storage { close(descriptor) }
    }

    /// Copies bytes from `offset` on.
    ///
    /// - Parameter name: what people call the content, for messages.
    /// - Returns: their number; 0 is the end, and less than there is room for does not mean it.
    /// - Throws: `ContentError.unreadable`, and `.damaged` where a file has become shorter.
    package func read(
        at offset: Int, into buffer: UnsafeMutableRawBufferPointer, named name: String
    ) throws(ContentError) -> Int {
        guard offset >= 0, offset < size, !buffer.isEmpty else { return 0 }
        let wanted = min(buffer.count, size - offset)
        switch storage {
        case .bytes(let bytes):
            bytes.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[offset..<offset + wanted])) }
            return wanted
        case .file(let descriptor):
            while true {
                let count = pread(descriptor, buffer.baseAddress, wanted, off_t(offset))
                if count > 0 { return count }
                if count == 0 { throw .damaged(name: name) }
                if errno != EINTR { throw .unreadable(name: name, code: errno) }
            }
        }
    }

    /// All bytes.
    ///
    /// - Parameter limit: more are refused (`ENOMEM`) before memory is allocated.
    package func bytes(limit: Int, named name: String) throws(ContentError) -> [UInt8] {
        if case .bytes(let bytes) = storage { return bytes }
        guard size <= limit else { throw .unreadable(name: name, code: ENOMEM) }
        var failure: ContentError?
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            do throws(ContentError) {
                while count < size {
                    let rest = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[count..<size]))
                    count += try read(at: count, into: rest, named: name)
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
