import Content
import Glibc

/// The bytes of a file in a layer: those of the wwwroot, if it comes from there, and over them the pages that were
/// written. What has neither is zero.
///
/// Every call is whole: no other thread sees a part of a write, and two that append do not overwrite each other.
///
/// Sendable because every variable is used under `lock` only.
final class LayerFile: @unchecked Sendable {
    /// What of a wwwroot a file began as.
    struct Origin {
        let tree: ContentTree
        let file: ContentFile
        let path: String
    }

    static let pageSize = 4_096
    /// What a page costs, with its entry in the table.
    static let pageCost = pageSize + 64
    /// The largest size, in bytes.
    static let maximumSize = 1 << 50

    private let lock = Lock()
    private let budget: LayerBudget
    private let origin: Origin?
    /// Opened when it is first needed.
    private var content: OpenContent?
    /// So many of the wwwroot's bytes still show where there is no page.
    private var contentSize: Int
    private var size: Int
    private var pages: [Int: UnsafeMutableRawPointer] = [:]
    private var times: LayerTimes

    /// A new file, with nothing in it.
    init(_ budget: LayerBudget) {
        self.budget = budget
        origin = nil
        (contentSize, size) = (0, 0)
        times = LayerTimes(all: LayerTimes.now)
    }

    /// A file of the wwwroot.
    init(_ origin: Origin, _ budget: LayerBudget) {
        self.budget = budget
        self.origin = origin
        (contentSize, size) = (origin.file.size, origin.file.size)
        times = LayerTimes(all: UInt64(clamping: origin.file.modificationTime))
    }

    deinit {
        for page in pages.values { page.deallocate() }
        budget.give(pages.count * Self.pageCost)
    }

    // MARK: Status

    func status(inode: UInt64, linkCount: Int) -> FileStatus {
        lock.locked {
            FileStatus(type: .regularFile, inode: inode, linkCount: linkCount, size: size, times)
        }
    }

    /// Bytes.
    var currentSize: Int { lock.locked { size } }

    func setTimes(_ times: FileTimes) {
        lock.locked { self.times.set(times) }
    }

    /// The status has changed, as by another name.
    func touchStatus() {
        lock.locked { times.change = LayerTimes.now }
    }

    // MARK: Reading

    /// Opens the wwwroot's content if any of it shows, so that a failure is told to who opens the file.
    func prepare() throws(ErrorNumber) {
        try lock.locked { () throws(ErrorNumber) in _ = try openedContent() }
    }

    private func openedContent() throws(ErrorNumber) -> OpenContent? {
        if let content { return content }
        guard let origin, contentSize > 0 else { return nil }
        let opened = try origin.tree.open(origin.file, at: origin.path)
        content = opened
        return opened
    }

    /// Fills buffers from `offset` on and returns the count of bytes; 0 is the end.
    func read(at offset: Int, into list: BufferList) throws(ErrorNumber) -> Int {
        // Files that nobody has written are read without the lock, as most are.
        let (whole, end) = try lock.locked { () throws(ErrorNumber) -> (OpenContent?, Int) in
            (pages.isEmpty && contentSize == size ? try openedContent() : nil, size)
        }
        if let whole, let origin { return try whole.read(at: offset, into: list, upTo: end, named: origin.path) }
        return try lock.locked { () throws(ErrorNumber) in
            var count = 0
            for buffer in list.buffers {
                let buffer = UnsafeMutableRawBufferPointer(start: buffer.iov_base, count: buffer.iov_len)
                var done = 0
                while done < buffer.count, offset < size - count {
                    let position = offset + count
                    let part = min(
                        buffer.count - done, size - position, Self.pageSize - position % Self.pageSize)
                    let target = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + part])
                    do throws(ErrorNumber) {
                        try copy(position, to: target)
                    } catch {
                        guard count > 0 else { throw error }
                        return count
                    }
                    done += part
                    count += part
                }
            }
            return count
        }
    }

    /// Copies bytes of one page.
    private func copy(_ position: Int, to target: UnsafeMutableRawBufferPointer) throws(ErrorNumber) {
        if let page = pages[position / Self.pageSize] {
            target.copyMemory(
                from: UnsafeRawBufferPointer(start: page + position % Self.pageSize, count: target.count))
        } else {
            try copyContent(position, to: target)
        }
    }

    /// Copies bytes of the wwwroot, and zeros where it has none.
    private func copyContent(_ position: Int, to target: UnsafeMutableRawBufferPointer) throws(ErrorNumber) {
        var done = 0
        if position < contentSize, let origin, let content = try openedContent() {
            let wanted = min(target.count, contentSize - position)
            do throws(ContentError) {
                while done < wanted {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: target[done..<wanted])
                    let part = try content.read(at: position + done, into: rest, named: origin.path)
                    guard part > 0 else { break }
                    done += part
                }
            } catch {
                throw .inputOutput
            }
        }
        UnsafeMutableRawBufferPointer(rebasing: target[done...]).clear()
    }

    // MARK: Writing

    /// Writes at `offset`, or at the end, and returns where the write ended and the count of bytes. It may be less than
    /// there were when the layer is full.
    ///
    /// - Throws: `noSpace` if nothing could be written, `fileTooLarge`.
    func write(at offset: Int?, from list: BufferList) throws(ErrorNumber) -> (end: Int, count: Int) {
        try lock.locked { () throws(ErrorNumber) in
            let start = offset ?? size
            guard start <= Self.maximumSize - list.byteCount else { throw .fileTooLarge }
            var count = 0
            defer {
                if count > 0 {
                    size = max(size, start + count)
                    times.touch()
                }
            }
            for buffer in list.buffers {
                let buffer = UnsafeRawBufferPointer(start: buffer.iov_base, count: buffer.iov_len)
                var done = 0
                while done < buffer.count {
                    let position = start + count
                    let within = position % Self.pageSize
                    let part = min(buffer.count - done, Self.pageSize - within)
                    let page: UnsafeMutableRawPointer
                    do throws(ErrorNumber) {
                        page = try self.page(position / Self.pageSize, isOverwritten: part == Self.pageSize)
                    } catch {
                        guard count > 0 else { throw error }
                        return (start + count, count)
                    }
                    UnsafeMutableRawBufferPointer(start: page + within, count: part)
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[done..<done + part]))
                    done += part
                    count += part
                }
            }
            return (start + count, count)
        }
    }

    /// The page of a number, made now from what shows there if there is none.
    ///
    /// - Parameter isOverwritten: whether the caller writes all of it.
    private func page(_ number: Int, isOverwritten: Bool = false) throws(ErrorNumber) -> UnsafeMutableRawPointer {
        if let page = pages[number] { return page }
        try budget.take(Self.pageCost)
        let page = UnsafeMutableRawPointer.allocate(byteCount: Self.pageSize, alignment: 16)
        if !isOverwritten {
            do throws(ErrorNumber) {
                try copyContent(
                    number * Self.pageSize, to: UnsafeMutableRawBufferPointer(start: page, count: Self.pageSize))
            } catch {
                page.deallocate()
                budget.give(Self.pageCost)
                throw error
            }
        }
        pages[number] = page
        return page
    }

    /// Cuts the file, or lets it grow by zeros, which take no memory.
    func setSize(_ new: Int) throws(ErrorNumber) {
        guard new <= Self.maximumSize else { throw .fileTooLarge }
        lock.locked {
            if new < size {
                contentSize = min(contentSize, new)
                let (whole, rest) = new.quotientAndRemainder(dividingBy: Self.pageSize)
                for number in pages.keys where number > whole || (number == whole && rest == 0) {
                    pages.removeValue(forKey: number)?.deallocate()
                    budget.give(Self.pageCost)
                }
                if let page = pages[whole] {
                    UnsafeMutableRawBufferPointer(start: page + rest, count: Self.pageSize - rest).clear()
                }
            }
            size = new
            times.touch()
        }
    }

    /// Makes sure that a range can be written whatever else is; the file grows to its end.
    func allocate(offset: Int, count: Int) throws(ErrorNumber) {
        guard count > 0 else { throw .invalidArgument }
        guard offset <= Self.maximumSize - min(count, Self.maximumSize), count <= Self.maximumSize else {
            throw .fileTooLarge
        }
        try lock.locked { () throws(ErrorNumber) in
            let numbers = offset / Self.pageSize...(offset + count - 1) / Self.pageSize
            guard budget.couldHold(numbers.count * Self.pageCost) else { throw .noSpace }
            for number in numbers { _ = try page(number) }
            size = max(size, offset + count)
            times.change = LayerTimes.now
        }
    }
}
