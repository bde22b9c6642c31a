#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The limits on a message's head.
struct HeadLimits: Sendable {
    var maximumStartLine: Int
    var maximumHead: Int
    var maximumFields: Int

    /// Whether a head is too long whose last line has not come in full, nor its end. All but the LF may be there: what is
    /// refused does not depend on how the head is cut into packets.
    func areExceeded(byUnfinished count: Int) -> Bool { count > maximumHead + 1 }
}

/// Takes a head apart into its lines while it arrives. Each byte is looked at once, however it is cut into packets.
///
/// Lines must end in CR LF. RFC 9112 section 2.2 allows a recipient to take a bare LF for a line's end; but then this
/// server and a proxy before it may disagree on where a message ends, so here it is an error, like a bare CR.
struct HeadLines {
    /// Where the line that is being received starts, from the head's first byte.
    private(set) var lineStart = 0
    /// Where the search for its end goes on.
    private var searched = 0

    /// The next whole line without its CR LF, as a range of `head`; `nil` if it has not arrived yet.
    mutating func next(in head: UnsafeRawBufferPointer) throws(MessageError) -> Range<Int>? {
        guard searched < head.count,
            let found = memchr(head.baseAddress! + searched, 0x0A, head.count - searched)
        else {
            searched = head.count
            return nil
        }
        let lineFeed = UnsafeRawPointer(found) - head.baseAddress!
        guard lineFeed > lineStart, head[lineFeed - 1] == 0x0D else {
            throw MessageError("a line ends in LF without CR")
        }
        let line = lineStart..<lineFeed - 1
        lineStart = lineFeed + 1
        searched = lineStart
        return line
    }
}

extension Headers.Bounds {
    /// The field that `line`, a range of `head`, writes (RFC 9112 section 5).
    init(parsing line: Range<Int>, of head: UnsafeRawBufferPointer) throws(MessageError) {
        var index = line.lowerBound
        while index < line.upperBound, CharacterClass.isToken(head[index]) { index += 1 }
        guard index < line.upperBound, head[index] == UInt8(ascii: ":") else {
            if isBlank(head[line.lowerBound]) { throw MessageError("a header field is folded over several lines") }
            if index < line.upperBound, isBlank(head[index]) {
                throw MessageError("white space before the colon of a header field")
            }
            throw MessageError(
                index == line.upperBound ? "a header field without a colon" : "an invalid character in a field name")
        }
        guard index > line.lowerBound else { throw MessageError("a header field without a name") }
        var valueStart = index + 1
        var valueEnd = line.upperBound
        while valueStart < valueEnd, isBlank(head[valueStart]) { valueStart += 1 }
        while valueEnd > valueStart, isBlank(head[valueEnd - 1]) { valueEnd -= 1 }
        for position in valueStart..<valueEnd where !CharacterClass.isFieldContent(head[position]) {
            throw MessageError("an invalid character in the value of a header field")
        }
        self.init(
            nameStart: UInt32(line.lowerBound), nameCount: UInt32(index - line.lowerBound),
            valueStart: UInt32(valueStart), valueCount: UInt32(valueEnd - valueStart))
    }
}
