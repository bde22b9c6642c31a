package import BlobStorage
import Platform

/// Where the bytes of a store's parcels are, as people write it. See <doc:Store>.
package enum ParcelLocation: Hashable, Sendable, CustomStringConvertible {
    /// Small ones in rows of the store's file, large ones in files beside it.
    case store
    /// In this machine's memory, until the store is closed.
    case memory
    /// Files in a directory, whose path is absolute, named by their digests.
    case directory(String)
    /// At S3 or Azure Blob Storage.
    case blobs(BlobLocation)

    /// Reads `store`, `memory`, `dir:PATH`, a path, `s3://BUCKET/PREFIX` or `az://ACCOUNT/CONTAINER/PREFIX`.
    /// - Parameters:
    ///   - endpoint: The address of the service, where it is not the usual one.
    ///   - directory: That to which a path is relative; by default the process's own.
    package init(
        parsing text: String, endpoint: String? = nil, in directory: String? = nil
    ) throws(ParcelLocationError) {
        if text.contains("://") {
            do { self = .blobs(try BlobLocation(parsing: text, endpoint: endpoint)) } catch {
                throw ParcelLocationError(description: error.description)
            }
            return
        }
        guard endpoint == nil else {
            throw ParcelLocationError(description: "an endpoint goes with s3:// and az://, and '\(text)' is neither")
        }
        switch text {
        case "store": self = .store
        case "memory": self = .memory
        default:
            let path = text.hasPrefix("dir:") ? String(text.dropFirst(4)) : text
            guard !path.isEmpty else {
                throw ParcelLocationError(
                    description:
                        "'\(text)' is no place for parcels: write store, memory, dir:PATH, s3://BUCKET/PREFIX or "
                        + "az://ACCOUNT/CONTAINER")
            }
            self = .directory(directory.map { FilePath.absolute(path, in: $0) } ?? FilePath.absolute(path))
        }
    }

    package var description: String {
        switch self {
        case .store: "store"
        case .memory: "memory"
        case .directory(let path): "dir:\(path)"
        case .blobs(let location): location.description
        }
    }

    /// The address of a service of another machine, which gets the user's credentials: only the user may name it.
    package var foreignEndpoint: String? {
        if case .blobs(let location) = self { location.foreignEndpoint } else { nil }
    }

    /// The address of the service, where it is not the usual one.
    var endpoint: String? {
        if case .blobs(let location) = self { location.endpoint } else { nil }
    }
}

/// Why a text is no place for parcels.
package struct ParcelLocationError: Error, Hashable, CustomStringConvertible {
    package let description: String
}
