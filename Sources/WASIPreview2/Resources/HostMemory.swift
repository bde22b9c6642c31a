/// What the host keeps in its own memory for one component, and the component's memory limit does not cover: header fields,
/// bodies that are written before anybody reads them, the parts of a URL.
///
/// A resource by itself is small or has a limit of its own, but a component may hold many thousands. It belongs to the
/// component's thread, as the resources do.
package final class HostMemory {
    /// In bytes.
    package static let limit = 64 << 20

    fileprivate var count = 0

    init() {}

    /// What one resource has of it: nothing yet.
    package func share() -> Share { Share(of: self) }

    /// The part of one resource, which is given back with its last reference.
    package final class Share {
        private let memory: HostMemory
        private var count = 0

        fileprivate init(of memory: HostMemory) {
            self.memory = memory
        }

        deinit {
            memory.count -= count
        }

        /// Sets how many bytes the resource keeps from now on.
        ///
        /// - Throws: if that is too much for the component: the interfaces have no error for it.
        package func resize(to count: Int) throws(ResourceError) {
            let total = memory.count - self.count + count
            guard count <= self.count || total <= HostMemory.limit else {
                throw ResourceError(
                    "header fields, URLs, and bodies that nobody has read yet exceed \(HostMemory.limit >> 20) MiB, the most "
                        + "that is kept for a component outside of its memory")
            }
            memory.count = total
            self.count = count
        }
    }
}
