package import WebAssemblyRuntime

/// The taking of an image of a component's instances, of which later ones are then made: work for a thread on which nobody
/// waits, since it takes longer than to make an instance.
///
/// See "Why is there an image, and when is it taken?" in ComponentModel.docc.
package struct ComponentImaging: Sendable {
    private let linked: LinkedComponent

    fileprivate init(_ linked: LinkedComponent) {
        self.linked = linked
    }

    /// Makes an instance and takes the image of it. If that fails, there will be none.
    ///
    /// Functions of the host that are not repeatable are not called: an instance that needs them has no image. Interrupting
    /// the store ends the work.
    ///
    /// - Parameter store: New, with the limits that instances have; its host state serves the repeatable functions, and
    ///   must be nobody's.
    package func run(in store: Store) {
        let state = ComponentState(
            layouts: linked.layouts, resources: linked.resources, instanceCount: linked.instanceCount, store: store)
        state.effects = .refused
        var image: ComponentImage?
        do {
            try state.runAllSteps(of: linked)
            image = ComponentImage(of: state)
        } catch {
            // What is wrong with instances, who makes one for a use is told.
        }
        linked.images.settle(image)
    }
}

extension LinkedComponent {
    /// The taking of the image, if it is due: if an instance has been made which an image could have been taken of, and which
    /// it would have made sooner. Whoever asks has to do it, for nobody else is given it.
    package func claimImaging() -> ComponentImaging? {
        images.claim() ? ComponentImaging(self) : nil
    }
}
