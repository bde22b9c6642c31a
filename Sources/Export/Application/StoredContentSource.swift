package import Bindle
package import Content

/// The contents of a release, a revision or a bindle, as a store has them.
package struct StoredContentSource: ContentSource {
    private let store: BindleStore
    private let reference: ContentReference

    package init(_ store: BindleStore, _ reference: ContentReference) {
        self.store = store
        self.reference = reference
    }

    package func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent {
        do throws(StoreError) {
            let reader = try store.parcel(file.digest.hex, in: reference)
            if let descriptor = reader.takeDescriptor() { return OpenContent(adopting: descriptor, of: file) }
            return OpenContent(try reader.readAll())
        } catch {
            throw .gone(name: name)
        }
    }
}
