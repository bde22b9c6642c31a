import Cryptography
import JSON

/// The file's format: an object, whose members are what the record has.
extension HippoRecord {
    var json: JSONObject {
        [
            "key": .string(SHA256Digest(bytes: key)?.hex ?? ""),
            "accounts": .array(
                accounts.map {
                    .object([
                        "id": .string($0.id.description), "name": .string($0.name),
                        "password": .string($0.password.text),
                    ])
                }),
            "apps": .array(apps.map { .object(["name": .string($0.name), "storage": .string($0.storage)]) }),
            "certificates": .array(
                certificates.map {
                    .object([
                        "id": .string($0.id.description), "name": .string($0.name), "publicKey": .string($0.publicKey),
                        "privateKey": .string($0.privateKey),
                        "channels": .array($0.channels.map { .string($0.description) }),
                    ])
                }),
            "tokens": .array(
                tokens.map {
                    .object([
                        "id": .string($0.id.description), "label": .string($0.label), "digest": .string($0.digest.hex),
                        "names": .array($0.names.map { .string($0) }),
                        "channels": .array($0.channels.map { .string($0) }), "created": .integer(Int($0.creation)),
                        "expires": $0.expiration.map { .integer(Int($0)) } ?? .null,
                    ])
                }),
        ]
    }

    /// - Returns: `nil` for what this program has not written.
    init?(_ json: JSONObject) {
        guard let key = json["key"]?.string.flatMap({ SHA256Digest(hex: $0) })?.bytes else { return nil }
        self.init(key: key)
        for account in json["accounts"]?.array ?? [] {
            guard let id = account.object?["id"]?.string.flatMap({ HippoID($0) }),
                let name = account.object?["name"]?.string,
                let password = account.object?["password"]?.string.flatMap({ Bcrypt($0) })
            else { return nil }
            accounts.append(HippoAccount(id: id, name: name, password: password))
        }
        for app in json["apps"]?.array ?? [] {
            guard let name = app.object?["name"]?.string, let storage = app.object?["storage"]?.string else {
                return nil
            }
            apps.append(HippoApp(name: name, storage: storage))
        }
        for token in json["tokens"]?.array ?? [] {
            guard let object = token.object, let id = object["id"]?.string.flatMap({ HippoID($0) }),
                let label = object["label"]?.string,
                let digest = object["digest"]?.string.flatMap({ SHA256Digest(hex: $0) }),
                let creation = object["created"]?.integer,
                let expiration = object["expires"], expiration == .null || expiration.integer != nil
            else { return nil }
            func texts(_ name: String) -> [String] { (object[name]?.array ?? []).compactMap(\.string) }
            tokens.append(
                UploadToken(
                    id: id, label: label, digest: digest, names: texts("names"), channels: texts("channels"),
                    creation: Int64(creation), expiration: expiration.integer.map { Int64($0) }))
        }
        for certificate in json["certificates"]?.array ?? [] {
            guard let object = certificate.object, let id = object["id"]?.string.flatMap({ HippoID($0) }),
                let name = object["name"]?.string, let publicKey = object["publicKey"]?.string,
                let privateKey = object["privateKey"]?.string
            else { return nil }
            let channels = (object["channels"]?.array ?? []).compactMap { $0.string.flatMap { HippoID($0) } }
            certificates.append(
                HippoCertificate(
                    id: id, name: name, publicKey: publicKey, privateKey: privateKey, channels: channels))
        }
    }
}
