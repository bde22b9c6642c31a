/// A file, or another thing that is not a directory, that a guest has open: where its bytes are does not matter to who
/// calls.
///
/// It knows nothing of a guest's memory, numbers or editions, so that every face of WASI can stand on it.
package protocol OpenFile: AnyObject {
    var type: FileType { get }

    /// What is known of the file now.
    func status() throws(ErrorNumber) -> FileStatus

    /// Fills `list` from `offset` on, or from the position on, which then moves. Returns the count of bytes; 0 is the
    /// end.
    ///
    /// - Parameter isInterrupted: whether a wait that a signal ends is to be given up.
    /// - Throws: `badDescriptor` if the file is not open for reading.
    func read(
        into list: BufferList, at offset: Int?, isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> Int

    /// Writes what is in `list` at `offset`, or at the position, which then moves; at the end if the descriptor appends.
    /// Returns the count of bytes.
    ///
    /// - Parameter isInterrupted: whether a wait that a signal ends is to be given up.
    /// - Throws: `badDescriptor` if the file is not open for writing.
    func write(
        from list: BufferList, at offset: Int?, isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> Int

    /// Writes what is in `list` at the file's end, wherever that is by then, and returns the count of bytes. The position
    /// does not matter.
    ///
    /// - Parameter isInterrupted: whether a wait that a signal ends is to be given up.
    /// - Throws: `badDescriptor` if the file is not open for writing.
    func append(from list: BufferList, isInterrupted: () -> Bool) throws(ErrorNumber) -> Int

    /// Moves the position and returns it, in bytes from the start.
    func seek(by offset: Int, from whence: Whence) throws(ErrorNumber) -> UInt64

    /// Takes a hint about a range of bytes.
    func advise(_ advice: Advice, offset: Int, count: Int) throws(ErrorNumber)

    /// Makes sure that a range of bytes can be written; the file grows to its end.
    func allocate(offset: Int, count: Int) throws(ErrorNumber)

    /// Cuts the file, or lets it grow by zeros.
    func setSize(_ size: Int) throws(ErrorNumber)

    func setTimes(_ times: FileTimes) throws(ErrorNumber)

    /// Waits until what was written is on the storage.
    ///
    /// - Parameter dataOnly: whether the status may come later.
    func synchronize(dataOnly: Bool) throws(ErrorNumber)

    /// Sets whether writes append and whether transfers wait.
    func setFlags(_ flags: DescriptorFlags) throws(ErrorNumber)

    /// The host's descriptor to wait for; `nil` if the file never makes anybody wait.
    var hostNumber: Int32? { get }

    /// How many bytes can be read now, of a file that makes nobody wait.
    var readableBytes: UInt64 { get }
}

/// What an offset counts from: `whence` of the specification.
package enum Whence: Sendable {
    case start, current, end

    /// The editions number them differently.
    init(_ number: UInt32, in edition: Edition) throws(ErrorNumber) {
        let order: [Whence] =
            switch edition {
            case .snapshot0: [.current, .end, .start]
            case .preview1: [.start, .current, .end]
            }
        guard number < order.count else { throw .invalidArgument }
        self = order[Int(number)]
    }
}

/// How a guest means to use a range of bytes: `advice` of the specification.
package enum Advice: UInt32, Sendable {
    case normal, sequential, random, willNeed, dontNeed, noReuse
}
