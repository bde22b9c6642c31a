import HTTP
import Platform

/// Who one is to Azure Blob Storage: by the account's key, or by a shared access signature.
enum AzureCredentials: Hashable, Sendable {
    case sharedKey(SharedKeySignature)
    /// Parameters of a query, without a question mark.
    case sharedAccess(String)
}

/// What Azure's own tools are told by variables.
struct AzureSettings: Hashable, Sendable {
    var credentials: AzureCredentials?
    /// Where the account's blobs are, if that is not Azure's own place.
    var endpoint: String?

    /// - Parameter account: The account that is meant. What is said of another one does not count.
    init(account: String, environment: [String: String]) throws(BlobLocationError) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let text = value("AZURE_STORAGE_CONNECTION_STRING") {
            let fields = Self.fields(of: text)
            if fields["accountname", default: account] == account {
                endpoint = fields["blobendpoint"]
                if endpoint == nil, let suffix = fields["endpointsuffix"] {
                    endpoint = "\(fields["defaultendpointsprotocol"] ?? "https")://\(account).blob.\(suffix)"
                }
                credentials = try Self.credentials(
                    account, key: fields["accountkey"], token: fields["sharedaccesssignature"])
            }
        }
        if credentials == nil, value("AZURE_STORAGE_ACCOUNT").map({ $0 == account }) ?? true {
            credentials = try Self.credentials(
                account, key: value("AZURE_STORAGE_KEY"), token: value("AZURE_STORAGE_SAS_TOKEN"))
        }
    }

    private static func credentials(
        _ account: String, key: String?, token: String?
    ) throws(BlobLocationError) -> AzureCredentials? {
        if let key {
            guard let bytes = Base64.decode(key) else {
                throw BlobLocationError("the key of the account \(account) is not in Base64: check AZURE_STORAGE_KEY")
            }
            return .sharedKey(SharedKeySignature(account: account, key: bytes))
        }
        return token.map { .sharedAccess($0.hasPrefix("?") ? String($0.dropFirst()) : $0) }
    }

    /// The fields of a connection string, by their names in lower case.
    static func fields(of text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for field in text.split(separator: ";") {
            guard let equals = field.firstIndex(of: "=") else { continue }
            fields[field[..<equals].lowercased()] = String(field[field.index(after: equals)...])
        }
        return fields
    }
}
