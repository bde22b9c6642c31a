package import Bindle
import JSON

/// The file with what Hippo's API keeps for a store: in the user's configuration directory, by the store's path.
///
/// The program that serves and the commands read and write it side by side.
package struct HippoStorage: Sendable {
    package let path: String
    private static let limit = 16 << 20

    package init(path: String) {
        self.path = path
    }

    /// - Parameter store: The path of the store's file.
    package init(forStore store: String, environment: [String: String]) {
        path = KeyStorage.path(in: .accounts, forStore: store, environment) + ".json"
    }

    /// What is kept; `nil` as long as nobody has kept anything.
    package func load() throws(PrivateFileError) -> HippoRecord? {
        guard let bytes = try PrivateFile.read(path, limit: Self.limit) else { return nil }
        guard let object = try? JSONValue(parsing: bytes).object, let record = HippoRecord(object) else {
            throw .malformed(path: path, detail: "the file is not what this program writes")
        }
        return record
    }

    /// Changes what is kept, in one step. Nothing is kept if the change fails.
    package func update<Result, Failure: Error>(
        _ change: (inout HippoRecord) throws(Failure) -> Result
    ) throws(PrivateFileError) -> Swift.Result<Result, Failure> {
        try PrivateFile.locking(path) { () throws(PrivateFileError) in
            let before = try load()
            var record = before ?? HippoRecord()
            let result: Swift.Result<Result, Failure>
            do throws(Failure) { result = .success(try change(&record)) } catch { return .failure(error) }
            if record != before { try PrivateFile.write(record.json.serialized + "\n", to: path) }
            return result
        }
    }
}
