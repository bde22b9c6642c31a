#if DEBUG
    import Synchronization

    /// Counts the errors about documents that a task makes, for tests: reading what is right has to make none.
    ///
    /// An error holds a line of the text and its place. A reader that made one for each value, to have it at hand, would cost the
    /// square of the text's length. Only debug builds count.
    package final class ErrorCount: Sendable {
        @TaskLocal package static var current: ErrorCount?

        private let storage = Atomic(0)

        package init() {}

        /// The number of errors made so far.
        package var value: Int { storage.load(ordering: .relaxed) }

        package func increase() { storage.add(1, ordering: .relaxed) }
    }
#endif
