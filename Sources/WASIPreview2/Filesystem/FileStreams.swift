import WASI

/// The bytes of a file from a place on.
final class FileSource: ByteSource {
    private let file: any OpenFile
    private var offset: Int

    init(_ file: any OpenFile, offset: Int) {
        self.file = file
        self.offset = offset
    }

    func read(upTo limit: Int, _ call: WASICall) throws(StreamFailure) -> [UInt8] {
        if readiness != .ready, !WASICall.isReady(readiness) { return [] }
        let bytes: [UInt8]
        do throws(ErrorNumber) {
            bytes = try file.read(upTo: limit, at: offset) { call.isInterrupted }
        } catch {
            throw .failed(IOError(.file(error)))
        }
        guard !bytes.isEmpty else { throw .closed }
        offset += bytes.count
        return bytes
    }

    var readiness: Readiness {
        guard !file.hasPlaces, let number = file.hostNumber else { return .ready }
        return .readable(number)
    }
}

/// A file that is written from a place on, or at its end.
final class FileSink: ByteSink {
    enum Place {
        case at(Int)
        case end
    }

    private static let budget = 1 << 20
    /// What a pipe takes without waiting as soon as it takes anything (`PIPE_BUF`).
    private static let pipeBudget = 4096

    private let file: any OpenFile
    private var place: Place

    init(_ file: any OpenFile, _ place: Place) {
        self.file = file
        self.place = place
    }

    func budget(_ call: WASICall) throws(StreamFailure) -> Int {
        if file.hasPlaces || file.hostNumber == nil { return Self.budget }
        return !WASICall.isReady(readiness) ? 0 : Self.pipeBudget
    }

    func write(_ bytes: UnsafeRawBufferPointer, _ call: WASICall) throws(StreamFailure) {
        var rest = bytes
        while !rest.isEmpty {
            do throws(ErrorNumber) {
                let count = try writeOnce(rest, call)
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } catch {
                throw .failed(IOError(.file(error)))
            }
        }
    }

    private func writeOnce(_ bytes: UnsafeRawBufferPointer, _ call: WASICall) throws(ErrorNumber) -> Int {
        let list = BufferList(reading: bytes)
        switch place {
        case .at(let offset):
            let count = try file.write(
                from: list, at: file.hasPlaces ? offset : nil, isInterrupted: { call.isInterrupted })
            place = .at(offset + count)
            return count
        case .end:
            return try file.append(from: list) { call.isInterrupted }
        }
    }

    var readiness: Readiness {
        guard !file.hasPlaces, let number = file.hostNumber else { return .ready }
        return .writable(number)
    }
}

extension OpenFile {
    /// Reads at most `limit` bytes at `offset`, or the next ones of what has no places. None is the end.
    func read(upTo limit: Int, at offset: Int, isInterrupted: () -> Bool) throws(ErrorNumber) -> [UInt8] {
        var failure: ErrorNumber?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            do throws(ErrorNumber) {
                count = try read(
                    into: BufferList(UnsafeMutableRawBufferPointer(buffer)), at: hasPlaces ? offset : nil,
                    isInterrupted: isInterrupted)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
