import Synchronization

/// Lets another thread see how far an expansion has come with reading files, and end it early.
package final class ExpansionControl: Sendable {
    private let cancelled = Atomic<Bool>(false)
    private let filesDoneCount = Atomic<Int>(0)
    private let filesTotalCount = Atomic<Int>(0)
    private let bytesDoneCount = Atomic<Int>(0)
    private let bytesTotalCount = Atomic<Int>(0)

    package init() {}

    /// Ends the expansion soon: between two files or directories, or within a large file. It throws a `HippofactsError`
    /// whose `isCancelled` is true.
    package func cancel() { cancelled.store(true, ordering: .relaxed) }

    package var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// How many of the files that have to be read were read.
    package var filesDone: Int { filesDoneCount.load(ordering: .relaxed) }
    package var filesTotal: Int { filesTotalCount.load(ordering: .relaxed) }
    /// How many bytes of them were.
    package var bytesDone: Int { bytesDoneCount.load(ordering: .relaxed) }
    package var bytesTotal: Int { bytesTotalCount.load(ordering: .relaxed) }

    /// Takes note of what has to be read.
    func expect(files: Int, bytes: Int) {
        filesTotalCount.add(files, ordering: .relaxed)
        bytesTotalCount.add(bytes, ordering: .relaxed)
    }

    func noteFile() { filesDoneCount.add(1, ordering: .relaxed) }

    func noteBytes(_ count: Int) { bytesDoneCount.add(count, ordering: .relaxed) }
}
