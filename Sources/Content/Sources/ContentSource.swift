/// Where the bytes of a digest are found. Threads may share one.
package protocol ContentSource: Sendable {
    /// Opens a content.
    ///
    /// - Parameter name: what people call it, for messages.
    /// - Throws: `ContentError.gone` if it is nowhere any more.
    func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent
}
