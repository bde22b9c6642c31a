package import Platform
import Synchronization

/// A page of memory that the sandbox shares with its WAGI processes: on it stands whether what they serve is up to date.
///
/// The sandbox writes, the processes read, on each request, without a call to the kernel. Changes are counted: before
/// the sandbox takes events from the kernel's queue of file changes, it raises `taken`; when all that these events ask
/// for has been done, it raises `settled` to the same number. A revision is therefore current if the queue is empty,
/// both counters are equal, and it is the one that `revision` names, looked at in this order.
///
/// See Freshness.md in Sandbox.docc.
package final class RevisionBoard: Sendable {
    private let memory: SharedMemory

    /// The memory, to be given to a process or adopted by it.
    package var fileDescriptor: Int32 { memory.file.descriptor }

    /// The memory's words, which are atomic.
    private var words: UnsafeMutablePointer<Atomic<UInt64>> { memory.base.assumingMemoryBound(to: Atomic<UInt64>.self) }
    private let writing = Mutex<Void>(())

    private enum Word {
        static let taken = 0
        static let settled = 1
        static let revision = 2
        static let build = 3
        static let buildEnd = 6
        /// Odd while the failure's text is written.
        static let failureSequence = 4
        static let failureLength = 5
        static let failureText = 8
    }

    /// How a build command bears on requests.
    package enum Build: UInt64, Sendable {
        /// None runs.
        case idle
        /// One runs, and requests are answered with the last good version.
        case running
        /// One runs, and requests wait for what it makes.
        case awaited
    }

    private static let byteCount = 4096
    /// The longest text of a failure, in bytes.
    private static let maximumText = 400

    /// Makes a board on which revision 0 is current.
    package init() throws(SystemError) {
        memory = try SharedMemory(name: "hippo-dev", count: Self.byteCount)
    }

    /// Takes over the memory of a board that another process has made.
    package init(adopting fileDescriptor: Int32) throws(SystemError) {
        memory = try SharedMemory(adopting: fileDescriptor, count: Self.byteCount)
    }

    // MARK: Counters

    /// How many times events have been taken from the queue, or are about to be.
    package var taken: UInt64 { load(Word.taken) }
    /// Up to which count everything has been done.
    package var settled: UInt64 { load(Word.settled) }

    /// The revision that serves.
    package var revision: Int {
        get { Int(truncatingIfNeeded: load(Word.revision)) }
        set { store(UInt64(truncatingIfNeeded: newValue), Word.revision) }
    }

    package var build: Build {
        get { Build(rawValue: load(Word.build)) ?? .idle }
        set {
            if newValue == .idle { store(UInt64(Self.monotonicNanoseconds), Word.buildEnd) }
            store(newValue.rawValue, Word.build)
        }
    }

    /// How long ago the last build ended; very long if there was none.
    package var timeSinceBuild: Duration {
        .nanoseconds(Self.monotonicNanoseconds - Int64(truncatingIfNeeded: load(Word.buildEnd)))
    }

    /// The clock that all processes share, and that nobody sets.
    private static var monotonicNanoseconds: Int64 { MonotonicTime.now.nanoseconds }

    /// Counts that events are about to be taken. To be called before that.
    package func raiseTaken() -> UInt64 {
        words[Word.taken].wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
    }

    package func settle(upTo count: UInt64) {
        store(count, Word.settled)
    }

    // MARK: Failure

    /// Why what is saved cannot be served, in one line of ASCII; `nil` if it can.
    package var failure: String? {
        while true {
            let sequence = load(Word.failureSequence)
            // Writing takes less than a microsecond.
            guard sequence % 2 == 0 else { continue }
            let count = min(Int(load(Word.failureLength)), Self.maximumText)
            let bytes = (0..<count).map { place in
                UInt8(truncatingIfNeeded: load(Word.failureText + place / 8) >> UInt64(place % 8 * 8))
            }
            guard load(Word.failureSequence) == sequence else { continue }
            return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
        }
    }

    /// Sets why what is saved cannot be served. Of the text, the headline is kept, what is not ASCII replaced.
    package func setFailure(_ text: String?) {
        var bytes = Self.headline(of: text ?? "").unicodeScalars.prefix(Self.maximumText + 1).map { scalar -> UInt8 in
            (0x20...0x7E).contains(scalar.value) ? UInt8(scalar.value) : UInt8(ascii: "?")
        }
        if bytes.count > Self.maximumText { bytes = bytes.prefix(Self.maximumText - 3) + Array("...".utf8) }
        writing.withLock { _ in
            words[Word.failureSequence].wrappingAdd(1, ordering: .sequentiallyConsistent)
            for start in stride(from: 0, to: bytes.count, by: 8) {
                var word: UInt64 = 0
                for place in start..<min(start + 8, bytes.count) {
                    word |= UInt64(bytes[place]) << UInt64((place - start) * 8)
                }
                store(word, Word.failureText + start / 8)
            }
            store(UInt64(bytes.count), Word.failureLength)
            words[Word.failureSequence].wrappingAdd(1, ordering: .sequentiallyConsistent)
        }
    }

    /// The first line; with the indented ones below it where it ends with a colon, since it says nothing without them.
    private static func headline(of text: String) -> String {
        let lines = text.split(maxSplits: 32, omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard let first = lines.first else { return "" }
        guard first.last == ":" else { return String(first) }
        let details = lines.dropFirst().prefix { $0.first == " " }.map { $0.drop { $0 == " " } }
        return "\(first) \(details.joined(separator: "; "))"
    }

    private func load(_ word: Int) -> UInt64 {
        words[word].load(ordering: .sequentiallyConsistent)
    }

    private func store(_ value: UInt64, _ word: Int) {
        words[word].store(value, ordering: .sequentiallyConsistent)
    }
}
