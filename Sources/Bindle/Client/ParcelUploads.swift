import HTTP
import Platform
import Synchronization

/// The upload of a bindle's missing parcels over several connections.
final class ParcelUploads: Sendable {
    typealias Source = (label: Label, content: ParcelContent)

    private let client: BindleClient
    private let id: BindleID
    private let sources: [Source]
    private let observe: (@Sendable (PushProgress) -> Void)?
    private let progress: Mutex<PushProgress>
    /// The parcels that the server did not take since it has them, or since somebody else is sending them.
    private let conflicts = Mutex<[Label]>([])

    init(client: BindleClient, id: BindleID, sources: [Source], observe: (@Sendable (PushProgress) -> Void)?) {
        self.client = client
        self.id = id
        self.sources = sources
        self.observe = observe
        var progress = PushProgress()
        progress.totalParcels = sources.count
        progress.totalBytes = sources.reduce(0) { $0 + Int64($1.label.size) }
        self.progress = Mutex(progress)
    }

    /// Uploads all.
    /// - Returns: The labels of the parcels that the server says to have, or to be getting from somebody else.
    /// - Throws: The first failure; the others stop after the parcel that they are at.
    func run(connections: Int) throws(PushError) -> [Label] {
        report { _ in }
        do {
            try ConcurrentWork.forEach(sources, width: connections) { [self] source in
                try upload(source)
                report { $0.finishedParcels += 1 }
            }
        } catch let error as PushError {
            throw error
        } catch {
            throw .unreadable(path: "\(id)", detail: "\(error)")
        }
        return conflicts.withLock { $0 }
    }

    private func report(_ change: (inout PushProgress) -> Void) {
        let now = progress.withLock { progress in
            change(&progress)
            return progress
        }
        observe?(now)
    }

    private func upload(_ source: Source) throws(PushError) {
        let label = source.label
        let sent = SentBytes()
        switch source.content {
        case .bytes(let bytes): try upload(label) { .bytes(bytes) }
        case .file(let path), .parcelFile(let path):
            var changed: PushError {
                if case .parcelFile = source.content { .misnamed(path: path) } else { .changed(path: path) }
            }
            let file: OpenFile
            do { file = try OpenFile(path: path) } catch { throw .unreadable(path: path, detail: "\(error)") }
            guard file.size == Int64(label.size) else { throw changed }
            do throws(PushError) {
                try upload(label) { body(file, sent) }
            } catch {
                // The server checks size and digest, so that a file that was written to meanwhile shows there.
                if case .request(let refusal) = error, refusal.status == .badRequest,
                    let now = try? SHA256.hash(fileAt: path), now.digest.hex != label.sha256
                {
                    throw changed
                }
                throw error
            }
        case .absent(let reason): throw .parcelAbsent(label, reason: reason)
        }
        // A server that has the parcel may say so before it was sent.
        let rest = Int64(label.size) - sent.take()
        report { $0.sentBytes += rest }
    }

    private func upload(_ label: Label, body: () -> ClientRequest.Body) throws(PushError) {
        do {
            try client.upload(label, to: id, body: body())
        } catch  where error.status == .conflict {
            // Somebody else was quicker, or the answer to an attempt was lost. That the server has it is to be seen.
            conflicts.withLock { $0.append(label) }
        } catch {
            throw .request(error)
        }
    }

    /// A body that tells how much of it was read; what the attempt before had sent is taken back.
    private func body(_ file: OpenFile, _ sent: SentBytes) -> ClientRequest.Body {
        guard observe != nil else { return .file(file, 0..<file.size) }
        let lost = sent.take()
        if lost > 0 { report { $0.sentBytes -= lost } }
        return .stream(length: file.size) { [self] buffer in
            let count = try file.read(at: sent.count, into: buffer)
            sent.add(Int64(count))
            report { $0.sentBytes += Int64(count) }
            return count
        }
    }

    /// How much of one parcel was sent.
    private final class SentBytes: Sendable {
        private let value = Mutex<Int64>(0)

        var count: Int64 { value.withLock { $0 } }

        func add(_ count: Int64) { value.withLock { $0 += count } }

        /// The count, which is 0 from here on.
        func take() -> Int64 {
            value.withLock { value in
                defer { value = 0 }
                return value
            }
        }
    }
}
