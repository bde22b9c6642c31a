import Content

/// A file of a wwwroot that a guest has open for reading.
final class ContentFileReader: OpenFile {
    private let content: OpenContent
    private let known: FileStatus
    /// What people call the content.
    private let path: String
    private var position = FilePosition()

    init(_ content: OpenContent, _ status: FileStatus, path: String) {
        self.content = content
        known = status
        self.path = path
    }

    var type: FileType { .regularFile }

    func status() throws(ErrorNumber) -> FileStatus { known }

    func read(
        into list: BufferList, at offset: Int?, isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> Int {
        let start = offset ?? position.offset
        let count = try content.read(at: start, into: list, upTo: content.size, named: path)
        if offset == nil { position.offset = start + count }
        return count
    }

    func write(
        from list: BufferList, at offset: Int?, isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> Int {
        throw .badDescriptor
    }

    func append(from list: BufferList, isInterrupted: () -> Bool) throws(ErrorNumber) -> Int {
        throw .badDescriptor
    }

    func seek(by offset: Int, from whence: Whence) throws(ErrorNumber) -> UInt64 {
        try position.move(by: offset, from: whence, size: content.size)
    }

    func advise(_ advice: Advice, offset: Int, count: Int) throws(ErrorNumber) {}
    func allocate(offset: Int, count: Int) throws(ErrorNumber) { throw .readOnlyFileSystem }
    func setSize(_ size: Int) throws(ErrorNumber) { throw .readOnlyFileSystem }
    func setTimes(_ times: FileTimes) throws(ErrorNumber) { throw .readOnlyFileSystem }
    func synchronize(dataOnly: Bool) throws(ErrorNumber) {}
    func setFlags(_ flags: DescriptorFlags) throws(ErrorNumber) {}

    var hostNumber: Int32? { nil }

    var readableBytes: UInt64 { UInt64(max(0, content.size - position.offset)) }
}

extension OpenContent {
    /// Fills buffers from `offset` on, no further than `end`, and returns the count of bytes. A failure after some bytes
    /// is told by the next read.
    func read(
        at offset: Int, into list: BufferList, upTo end: Int, named name: String
    ) throws(ErrorNumber) -> Int {
        var count = 0
        for buffer in list.buffers {
            var buffer = UnsafeMutableRawBufferPointer(start: buffer.iov_base, count: buffer.iov_len)
            while !buffer.isEmpty, offset < end - count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(end - count - offset))
                do throws(ContentError) {
                    let part = try read(at: offset + count, into: rest, named: name)
                    guard part > 0 else { return count }
                    count += part
                    buffer = UnsafeMutableRawBufferPointer(rebasing: buffer.dropFirst(part))
                } catch {
                    guard count > 0 else { throw .inputOutput }
                    return count
                }
            }
        }
        return count
    }
}
