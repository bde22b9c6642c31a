extension BindleStore {
    /// Compares two contents file by file.
    /// - Throws: `StoreError` as `content(of:)`.
    package func compare(
        _ old: ContentReference, with new: ContentReference
    ) throws(StoreError) -> ContentComparison {
        ContentComparison(from: try content(of: old).invoice, to: try content(of: new).invoice)
    }

    /// The labels of the file of this name, and the bytes where both are small enough to be compared as texts.
    ///
    /// - Parameter limit: How many bytes a file may have whose bytes are read.
    /// - Returns: `nil` if neither has it.
    package func files(
        named name: String, in old: ContentReference, and new: ContentReference, limit: Int
    ) throws(StoreError) -> FilePair? {
        let from = try label(of: name, in: old)
        let to = try label(of: name, in: new)
        guard from != nil || to != nil else { return nil }
        guard max(from?.size ?? 0, to?.size ?? 0) <= limit else { return FilePair(from: from, to: to, bytes: nil) }
        let before = try from.map { (label) throws(StoreError) in try parcel(label.sha256, in: old).readAll() }
        let after = try to.map { (label) throws(StoreError) in try parcel(label.sha256, in: new).readAll() }
        return FilePair(from: from, to: to, bytes: FilePair.Bytes(from: before ?? [], to: after ?? []))
    }

    private func label(of name: String, in reference: ContentReference) throws(StoreError) -> Label? {
        try snapshot { (connection) throws(StoreError) in
            let content = try ContentLocation(reference, on: connection)
            return try InvoiceTable.label(
                of: name, ofBindle: content.state.bindle, at: content.state.number, on: connection)
        }
    }
}

/// A file of two contents.
package struct FilePair: Sendable {
    package struct Bytes: Sendable {
        package let from: [UInt8]
        package let to: [UInt8]
    }

    package let from: Label?
    package let to: Label?
    /// `nil` where one of them is too large. A file that is not there has none.
    package let bytes: Bytes?
}
