import Foundation
import HTTP

extension BindleClient {
    /// Pushes a standalone bindle: hands its invoice in, and uploads those parcels that the server does not have.
    ///
    /// Where the invoice is there already, only what is missing is uploaded; so a push that was interrupted goes on
    /// where it stopped.
    /// - Returns: The labels of the parcels that were uploaded.
    @discardableResult
    public func push(_ bindle: StandaloneBindle) throws(PushError) -> [Label] {
        let missing: [Label]
        do {
            missing = try create(bindle.invoice).missing
        } catch where error.status == .conflict {
            do { missing = try missingParcels(of: bindle.invoice.id) } catch { throw .request(error) }
        } catch {
            throw .request(error)
        }
        for label in missing {
            let path = bindle.parcelPath(label.sha256)
            guard FileManager.default.fileExists(atPath: path) else { throw .parcelAbsent(label, path: path) }
            let file: OpenFile
            do { file = try OpenFile(path: path) } catch { throw .unreadable(path: path, detail: "\(error)") }
            do { try upload(label, to: bindle.invoice.id, body: .file(file, 0..<file.size)) } catch {
                throw .request(error)
            }
        }
        return missing
    }
}

/// Why a push failed. Doing it again goes on where it stopped.
public enum PushError: Error, CustomStringConvertible {
    case request(BindleClientError)
    /// The server lacks a parcel that the standalone bindle lacks too.
    case parcelAbsent(Label, path: String)
    case unreadable(path: String, detail: String)

    public var description: String {
        switch self {
        case .request(let error): error.description
        case .parcelAbsent(let label, let path):
            "the server does not have the parcel '\(label.name)', and \(path) is not there either"
        case .unreadable(let path, let detail): "cannot read \(path): \(detail)"
        }
    }
}
