package import ComponentModel

extension ResourceType {
    /// A resource type whose representations are numbers in the calling component's ``ResourceTable``.
    ///
    /// - Parameters:
    ///   - name: such as `wasi:io/streams/input-stream`.
    ///   - kind: what the table has for it.
    ///   - dropped: called with a resource that a component has dropped and that is no longer in the table.
    package convenience init<Kind: AnyObject>(
        wasi name: String, _ kind: Kind.Type, dropped: (@Sendable (Kind, WASICall) throws -> Void)? = nil
    ) {
        self.init(name) { call, number in
            let wasi = WASICall(context: try call.wasiPreview2Context, store: call.store, arguments: [])
            let object = try wasi.context.resources.remove(number, as: kind)
            try dropped?(object, wasi)
        }
    }
}
