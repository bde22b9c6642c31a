/// Content that was frozen under a name and a version. It stays as it is, whatever becomes of the bindle or the revision that
/// it was made of. See <doc:Releases>.
package struct Release: Hashable, Sendable {
    package let id: BindleID
    /// The SHA-256 digest of its invoice without ID and signatures, in hexadecimal digits: the same content has the same one.
    package let digest: String
    /// When it was made, or given the content that it has: milliseconds since 1970.
    package let creationTime: Int64
    /// The revision that it was made of. That one need not be kept any more.
    package let revision: Int?
    package let parcelCount: Int
    /// The bytes of all parcels, each digest once.
    package let size: Int
}
