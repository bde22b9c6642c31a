import CLinux
import Glibc
import Platform

/// Gives other processes of the same user parcels that are in the blob store only: WAGI processes read the store's files
/// themselves, and have no credentials.
///
/// They connect to the socket `STORE.fetch`, send digest and size, and get an open file.
final class ParcelProvider: Sendable {
    private let listener: Int32
    private let path: String
    /// How many are served at a time.
    private static let width = 16

    /// Begins to serve.
    init(storePath: String, files: ContentFiles) throws(StoreError) {
        let path = ParcelRequest.socketPath(ofStore: storePath)
        self.path = path
        unlink(path)
        do throws(SystemError) {
            listener = try LocalSocket.listen(at: path)
        } catch {
            throw StoreError(systemCode: error.code, path: path)
        }
        let turns = Semaphore(Self.width)
        SystemThread.detach(name: "parcels") { [listener] in
            while true {
                let connection = accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
                if connection < 0 {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    if errno == EMFILE || errno == ENFILE {
                        usleep(50_000)
                        continue
                    }
                    close(listener)
                    return
                }
                guard LocalSocket.isOfThisUser(connection) else {
                    close(connection)
                    continue
                }
                turns.wait()
                SystemThread.detach(name: "parcel", stackSize: 512 << 10) { [weak files] in
                    if let files { Self.serve(connection, files) }
                    close(connection)
                    turns.signal()
                }
            }
        }
    }

    deinit {
        // The thread closes it: it must not get hold of another descriptor of this number.
        shutdown(listener, Int32(SHUT_RDWR))
        unlink(path)
    }

    private static func serve(_ connection: Int32, _ files: ContentFiles) {
        LocalSocket.setTimeout(5, of: connection)
        guard let request = ParcelRequest(readingFrom: connection) else { return }
        do throws(StoreError) {
            if let descriptor = try files.fetch(request.digest, size: request.size) {
                defer { close(descriptor) }
                ParcelRequest.Answer.file.send(over: connection, descriptor: descriptor)
            } else {
                ParcelRequest.Answer.missing.send(over: connection)
            }
        } catch {
            ParcelRequest.Answer.failure.send(over: connection, text: error.description)
        }
    }
}
