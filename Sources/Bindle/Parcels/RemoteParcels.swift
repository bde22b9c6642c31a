import BlobStorage
import Cryptography
import HTTP
import Platform

/// The parcels of a store in a blob store: each is the blob `sha256/DIGEST` behind the prefix of the place.
final class RemoteParcels: Sendable {
    private let blobs: any BlobStore
    private let location: String
    private let cancellation: Platform.Cancellation

    /// How many parcels are sent at a time.
    private static let width = 8

    init(_ blobs: any BlobStore, location: String, cancellation: Platform.Cancellation) {
        self.blobs = blobs
        self.location = location
        self.cancellation = cancellation
    }

    /// Gives up what is under way, for good.
    func cancel() { cancellation.cancel() }

    static func name(of digest: SHA256Digest) -> String { "sha256/\(digest.hex)" }

    /// Sends parcels that are files. When it returns, the blob store has said that it keeps all of them.
    func put(_ files: [(digest: SHA256Digest, path: String)]) throws(StoreError) {
        do {
            try ConcurrentWork.forEach(files, width: Self.width) { file in
                try self.put(file.digest, OpenFile(path: file.path))
            }
        } catch let error as StoreError {
            throw error
        } catch {
            throw unavailable("\(error)")
        }
    }

    /// Sends a parcel. One that is there already is a success.
    func put(_ digest: SHA256Digest, _ file: OpenFile) throws(StoreError) {
        do {
            _ = try blobs.put(Self.name(of: digest), BlobContent(file, digest: digest), replacing: false)
        } catch {
            throw translate(error)
        }
    }

    /// Whether the blob store has a parcel of this size.
    func has(_ digest: SHA256Digest, size: Int) throws(StoreError) -> Bool {
        do { return try blobs.size(of: Self.name(of: digest)) == size } catch { throw translate(error) }
    }

    /// Reads a parcel, once more where its bytes are not those of the digest.
    /// - Parameter begin: Makes what takes the bytes.
    /// - Returns: `nil` if there is none, or none with these bytes; it is removed then, so that it can be written again.
    func fetch<Target>(
        _ digest: SHA256Digest, size: Int, into begin: () throws(StoreError) -> Target,
        write: (Target, UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) -> Target? {
        let name = Self.name(of: digest)
        for _ in 0..<2 {
            let target = try begin()
            var (hash, count) = (SHA256(), 0)
            var failure: StoreError?
            do throws(BlobError) {
                try blobs.read(name, nil) { (piece) throws(BlobError) in
                    count += piece.count
                    hash.update(piece)
                    do throws(StoreError) { try write(target, piece) } catch {
                        failure = error
                        throw .receiver(error.description)
                    }
                }
            } catch {
                if let failure { throw failure }
                if case .noSuchBlob = error { return nil }
                throw translate(error)
            }
            if count == size, hash.finalize() == digest { return target }
        }
        // What is not its digest's content is of no use to anybody, and is in the way of what would be.
        try? blobs.remove(name)
        return nil
    }

    func remove(_ digest: SHA256Digest) throws(StoreError) {
        do { try blobs.remove(Self.name(of: digest)) } catch { throw translate(error) }
    }

    private func translate(_ error: BlobError) -> StoreError {
        if case .cancelled = error { return .interrupted }
        return unavailable(error.description)
    }

    private func unavailable(_ detail: String) -> StoreError {
        .parcelsUnavailable(location: location, detail: detail)
    }
}
