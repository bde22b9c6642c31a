/// What a kind of store does with the bytes of a parcel on their way in. What is not committed leaves nothing. For one
/// thread at a time.
protocol ParcelSink: AnyObject {
    /// Adds the next bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError)

    /// Makes the parcel visible, whose digest and size are right. When it returns, the parcel is kept.
    /// - Returns: `false` when somebody else has uploaded the same parcel meanwhile.
    func commit() throws(StoreError) -> Bool
}
