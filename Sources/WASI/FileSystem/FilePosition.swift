/// Where an open file is read or written next.
struct FilePosition {
    /// Bytes from the start; never negative, and maybe beyond the end.
    var offset = 0

    /// Moves the position and returns it.
    ///
    /// - Throws: `invalidArgument` if it would lie before the start or further from it than 63 bits can tell.
    mutating func move(by distance: Int, from whence: Whence, size: Int) throws(ErrorNumber) -> UInt64 {
        let origin =
            switch whence {
            case .start: 0
            case .current: offset
            case .end: size
            }
        let (moved, overflow) = origin.addingReportingOverflow(distance)
        guard !overflow, moved >= 0 else { throw .invalidArgument }
        offset = moved
        return UInt64(moved)
    }
}
