import JSON

extension RegistryClient {
    /// The WebAssembly module that an image is.
    ///
    /// - Parameter limit: how many bytes it may have.
    /// - Throws: `RegistryError.unsuitable` for an image without a module.
    package func module(_ reference: ImageReference, limit: Int) throws(RegistryError) -> [UInt8] {
        var document = try Self.document(manifest(reference).bytes, reference)
        if let entries = document["manifests"]?.array {
            let digests = entries.compactMap(\.object)
            let chosen = digests.first { Self.isForModules($0) } ?? (digests.count == 1 ? digests.first : nil)
            guard let digest = chosen?["digest"]?.string, ImageReference.isDigest(digest) else {
                throw .unsuitable("\(reference) is an index, in which nothing is for WebAssembly")
            }
            document = try Self.document(manifest(reference, digest: digest).bytes, reference)
        }
        let layers = (document["layers"]?.array ?? []).compactMap(\.object)
        let types = [ImageMediaType.module, ImageMediaType.formerModule]
        guard let layer = layers.first(where: { types.contains($0["mediaType"]?.string ?? "") }),
            let digest = layer["digest"]?.string
        else {
            let found = layers.compactMap { $0["mediaType"]?.string }.joined(separator: ", ")
            throw .unsuitable(
                "\(reference) has no layer of \(types.joined(separator: " or ")), but \(found.isEmpty ? "none" : found)"
            )
        }
        if let size = layer["size"]?.integer, size > limit {
            throw .unsuitable("the module of \(reference) has \(size) bytes, more than \(limit)")
        }
        return try blob(digest, of: reference, limit: limit)
    }

    /// Whether an index says that a manifest is for WebAssembly.
    private static func isForModules(_ entry: JSONObject) -> Bool {
        let platform = entry["platform"]?.object
        return platform?["architecture"]?.string == "wasm" || platform?["os"]?.string?.hasPrefix("wasi") == true
    }

    private static func document(_ bytes: [UInt8], _ reference: ImageReference) throws(RegistryError) -> JSONObject {
        guard let object = (try? JSONValue(parsing: bytes))?.object else {
            throw .malformed("the manifest of \(reference) is no JSON object")
        }
        return object
    }
}
