import CSQLite
import Cryptography
import Platform

/// Why a store did not do what it was asked.
package enum StoreError: Error, Hashable, CustomStringConvertible {
    // The file.

    /// Another process has the store open; `holder` says which, as far as it is known.
    case inUse(path: String, holder: String)
    /// The file was written by a later version of this program.
    case newerFormat(path: String, version: Int)
    /// The file is no SQLite database, or another program's.
    case notAStore(path: String)
    case corrupt(path: String, detail: String)
    /// The file or its directory cannot be written.
    case notWritable(path: String, detail: String)
    /// The disk is full, or the user's share of it, or the file as large as it may become.
    case diskFull(path: String)
    /// The file cannot be opened for another reason.
    case cannotOpen(path: String, detail: String)
    /// SQLite failed otherwise.
    case database(path: String, sql: String?, message: String)

    /// The blob store that has the parcels does not do what it is asked, or cannot be asked.
    case parcelsUnavailable(location: String, detail: String)
    /// The server that has what is not here cannot be reached, or fails. `what` is the bindle, or a parcel of it.
    case upstreamUnreachable(server: String, what: String, detail: String)
    /// That server does not give it out, or gives out something else.
    case upstreamRefuses(server: String, what: String, detail: String)
    /// The process is about to end: see `BindleStore.interrupt`.
    case interrupted

    // The request.

    case noSuchBindle(BindleID)
    /// No revision has this number, or it is no longer kept.
    case noSuchRevision(Int)
    case noSuchRelease(BindleID)
    /// The release has other content than what was to be released.
    case releaseExists(BindleID)
    case releaseIsPinned(BindleID, channel: String)
    case noSuchChannel(app: String, name: String)
    /// No bindle can have the name.
    case notAnApp(String)
    case bindleExists(BindleID)
    case yanked(BindleID)
    /// The invoice of a new bindle says that it is yanked.
    case newBindleIsYanked(BindleID)
    case invalidInvoice(InvoiceProblem)
    case notInInvoice(BindleID, digest: String)
    case parcelNotUploaded(BindleID, digest: String)
    case parcelExists(BindleID, digest: String)
    case wrongDigest(expected: String, actual: SHA256Digest)
    /// `actual` is `nil` when there was more than expected and the rest was not read.
    case wrongSize(digest: String, expected: Int, actual: Int?)
    /// Where a parcel's bytes come from could not be read.
    case unreadableSource(FileReadError)
    /// A file is not, or no longer, what its label says.
    case sourceChanged(path: String)

    /// - Parameter systemCode: What the operating system said, where it had a say.
    init(sqliteCode code: Int32, systemCode: Int32 = 0, message: String, sql: String?, path: String) {
        switch code & 0xFF {
        case SQLITE_IOERR where [ENOSPC, EDQUOT, EFBIG].contains(systemCode): self = .diskFull(path: path)
        // SQLite does not always keep what the system said.
        case SQLITE_IOERR where code == SQLITE_IOERR | 3 << 8 && FileSizeLimit.isSet: self = .diskFull(path: path)
        case SQLITE_IOERR where systemCode == EROFS:
            self = .notWritable(path: path, detail: SystemError.reason(systemCode))
        // A file, or the log, is shorter than the rest of the store has it: somebody has removed the log, or emptied it.
        case SQLITE_IOERR where code == SQLITE_IOERR | 2 << 8:
            self = .corrupt(path: path, detail: "a part of it is missing")
        case SQLITE_NOTADB: self = .notAStore(path: path)
        case SQLITE_CORRUPT: self = .corrupt(path: path, detail: message)
        case SQLITE_READONLY, SQLITE_PERM: self = .notWritable(path: path, detail: message)
        case SQLITE_FULL: self = .diskFull(path: path)
        case SQLITE_CANTOPEN: self = .cannotOpen(path: path, detail: message)
        case SQLITE_BUSY, SQLITE_LOCKED: self = .inUse(path: path, holder: "a program that works on the file itself")
        default: self = .database(path: path, sql: sql, message: "\(message) (SQLite error \(code))")
        }
    }

    /// What the operating system said of a file that belongs to a store.
    init(systemCode code: Int32, path: String) {
        let detail = String(cString: strerror(code))
        switch code {
        case ENOSPC, EDQUOT, EFBIG: self = .diskFull(path: path)
        case EACCES, EROFS, EPERM: self = .notWritable(path: path, detail: detail)
        case ENOENT, ENOTDIR: self = .cannotOpen(path: path, detail: detail)
        default: self = .database(path: path, sql: nil, message: detail)
        }
    }

    /// Whether the file holds something else than what was written to it.
    package var isDamage: Bool {
        switch self {
        case .corrupt, .notAStore: true
        default: false
        }
    }

    /// Whether it may pass by itself: the place of the parcels is out of reach.
    package var isOutage: Bool {
        if case .parcelsUnavailable = self { true } else { false }
    }

    package var description: String {
        switch self {
        case .inUse(let path, let holder):
            "the store \(path) is in use by \(holder). Stop that, and try again"
        case .newerFormat(let path, let version):
            "the store \(path) has format \(version); this program knows formats up to "
                + "\(StoreSchema.currentVersion). Use a newer version of hippo-dev, or another store"
        case .notAStore(let path):
            "\(path) is not a store of bindles: it is no SQLite file, or another program's. Name another file, or "
                + "set this one aside with 'hippo-dev bindle reset --store FILE'"
        case .corrupt(let path, let detail):
            "the store \(path) is damaged (\(detail)). Set it aside with 'hippo-dev bindle reset --store FILE'; a new "
                + "one is made in its place"
        case .notWritable(let path, let detail):
            "the store \(path) cannot be written: \(detail). Check the permissions of the file and its directory"
        case .diskFull(let path): "the disk is full: the store \(path) cannot grow. Nothing was changed"
        case .cannotOpen(let path, let detail): "the store \(path) cannot be opened: \(detail)"
        case .database(let path, let sql, let message):
            "the store \(path) failed: \(message)" + (sql.map { " in: \($0)" } ?? "")
        case .parcelsUnavailable(let location, let detail):
            "the parcels at \(location) are out of reach: \(detail). Nothing was changed"
        case .upstreamUnreachable(let server, let what, let detail):
            "\(what) is not here, and the server \(server), which may have it, is out of reach: \(detail)"
        case .upstreamRefuses(let server, let what, let detail):
            "\(what) is not here, and the server \(server) does not give it: \(detail)"
        case .interrupted: "the store was interrupted. Nothing was changed"
        case .noSuchBindle(let id): "there is no bindle \(id)"
        case .noSuchRevision(let number):
            "there is no revision \(number): the last \(BindleStore.revisionLimit) are kept"
        case .noSuchRelease(let id): "there is no release \(id)"
        case .releaseExists(let id):
            "the release \(id) exists already and has other content. Give another version, or replace it"
        case .releaseIsPinned(let id, let channel):
            "the channel \(channel) pins the release \(id): have it follow another one first"
        case .noSuchChannel(let app, let name): "\(app) has no channel \(name)"
        case .notAnApp(let name): "'\(name)' cannot be the name of a bindle"
        case .bindleExists(let id): "the bindle \(id) exists already"
        case .yanked(let id): "the bindle \(id) is yanked"
        case .newBindleIsYanked(let id): "the bindle \(id) cannot be created: its invoice says that it is yanked"
        case .invalidInvoice(let problem): "the invoice is not valid: \(problem)"
        case .notInInvoice(let id, let digest): "the invoice of \(id) has no parcel \(digest)"
        case .parcelNotUploaded(let id, let digest): "the parcel \(digest) of \(id) has not been uploaded yet"
        case .parcelExists(let id, let digest): "the parcel \(digest) of \(id) exists already"
        case .wrongDigest(let expected, let actual):
            "the bytes have the SHA-256 digest \(actual), not \(expected): the upload is discarded"
        case .wrongSize(let digest, let expected, let actual?):
            "the parcel \(digest) has \(expected) bytes by its label, but \(actual) were sent: the upload is discarded"
        case .wrongSize(let digest, let expected, nil):
            "the parcel \(digest) has \(expected) bytes by its label, but more were sent: the upload is discarded"
        case .unreadableSource(let error): error.description
        case .sourceChanged(let path): "\(path) changed while it was being stored"
        }
    }
}
