import Cryptography

/// Where the bytes of parcels are kept that are not in the store's rows, by their digests. See <doc:Store>.
///
/// Which parcels count is said by the store's rows. Bytes come in under no name, get their digest as their name when they
/// have been checked, are brought to the disk before a row that has them is acknowledged, and are removed when the change
/// that no longer has them cannot be undone any more.
package protocol ParcelStorage: Sendable {
    /// Bytes that are on their way in. If they are let go before they are committed, they are removed.
    associatedtype Pending: PendingParcel
    /// What a parcel is known by since its digest was found to be right. While that holds, it is not read again.
    associatedtype Mark: Hashable & Sendable

    /// Contents of at most this many bytes are not given to it: they stay in the store's rows. -1 for a storage that is to
    /// have all of them, because others find parcels in it.
    var rowLimit: Int { get }

    /// Begins to take bytes in.
    /// - Throws: `StoreError.diskFull`, `.notWritable`.
    func begin() throws(StoreError) -> Pending

    /// Gives bytes that have been checked their name. What has the name already is replaced.
    func commit(_ parcel: Pending, as digest: SHA256Digest) throws(StoreError) -> Mark

    /// Brings what was committed to where it survives the machine.
    func sync(_ digests: [SHA256Digest]) throws(StoreError)

    /// Compares a parcel with what it was known by, and reads it if that differs.
    /// - Returns: What it is known by now; `nil` if that is as it was.
    /// - Throws: `ParcelDamage` if it is gone or something else.
    func verify(_ digest: SHA256Digest, known: Mark) throws(ParcelDamage) -> Mark?

    /// Removes parcels. Those that are not there are passed over.
    func discard(_ digests: [SHA256Digest])
}

/// Bytes on their way into a `ParcelStorage`.
package protocol PendingParcel: AnyObject {
    func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError)
}

/// A parcel is gone, or is not what it was.
package struct ParcelDamage: Error {}

extension PendingContent: PendingParcel {}

extension ContentFiles: ParcelStorage {}
