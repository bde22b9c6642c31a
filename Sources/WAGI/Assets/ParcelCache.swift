import Bindle
import Dispatch
import Foundation
import Synchronization

/// Parcels as files, by their digests, in a directory that processes may share.
///
/// A file gets its name only when all its bytes are there and have the digest, so that whatever has a name is whole.
struct ParcelCache: Sendable {
    let directory: String

    init(directory: String) throws(LoadError) {
        self.directory = directory
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw LoadError("the cache's directory cannot be made: \(error.localizedDescription)", file: directory)
        }
    }

    /// Where the parcel is, or will be.
    func path(of label: Label) -> String { "\(directory)/\(label.sha256)" }

    /// Fetches those of the parcels that are not here.
    func fetch(_ labels: [Label], of id: BindleID, from source: some ParcelSource) throws(LoadError) {
        var seen = Set<String>()
        let missing = labels.filter { seen.insert($0.sha256).inserted && !contains($0) }
        let failure = Mutex<LoadError?>(nil)
        DispatchQueue.concurrentPerform(iterations: missing.count) { index in
            guard failure.withLock({ $0 == nil }) else { return }
            do throws(LoadError) {
                try fetch(missing[index], of: id, from: source)
            } catch {
                failure.withLock { $0 = $0 ?? error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private func contains(_ label: Label) -> Bool {
        var status = stat()
        return stat(path(of: label), &status) == 0 && Int(status.st_size) == label.size
    }

    private func fetch(_ label: Label, of id: BindleID, from source: some ParcelSource) throws(LoadError) {
        let temporary = "\(path(of: label)).\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw writeError(temporary) }
        defer {
            close(descriptor)
            unlink(temporary)
        }
        do {
            try source.read(label, of: id) { bytes in try write(bytes, to: descriptor, temporary) }
        } catch {
            throw LoadError("the parcel '\(label.name)' of \(id) cannot be fetched: \(error)")
        }
        guard rename(temporary, path(of: label)) == 0 else { throw writeError(path(of: label)) }
    }

    private func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String) throws(LoadError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw writeError(path)
            }
            rest = rest.dropFirst(count)
        }
    }

    private func writeError(_ path: String) -> LoadError {
        LoadError("the file cannot be written: \(String(cString: strerror(errno)))", file: path)
    }
}
