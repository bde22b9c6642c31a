/// What a list of requests tells of a recording.
package struct RecordingSummary: Hashable, Sendable {
    /// `nil`, like the two after it, for what was answered without a module.
    package let route: String?
    package let module: String?
    package let function: String?
    /// Whether the response's body is a stored file, or a part of it.
    package let bodyIsStored: Bool
    /// The number, in the list, of the request that this one repeats: what its field `X-Hippo-Replay` says.
    package let replayed: Int?

    package init(route: String?, module: String?, function: String?, bodyIsStored: Bool, replayed: Int?) {
        self.route = route
        self.module = module
        self.function = function
        self.bodyIsStored = bodyIsStored
        self.replayed = replayed
    }

    /// The field by which a repeated request says which one it repeats.
    package static let replayField = "X-Hippo-Replay"
}
