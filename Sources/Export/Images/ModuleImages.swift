import Bindle
import ComponentModel
import Content
import Cryptography
import JSON
import OCI
import WebAssembly

extension ImageSet {
    /// An image for each module of an app, as tools for WebAssembly fetch them: `oci:HOST/NAME:TAG` in a modules.toml.
    ///
    /// A module that several routes have is one image. The names are the version, and behind it the module's name where the
    /// app has several.
    package init(modulesOf app: ExportedApp) throws(ExportError) {
        var labels: [Label] = []
        for (label, _) in app.handlers where !labels.contains(where: { $0.sha256 == label.sha256 }) {
            labels.append(label)
        }
        var manifests: [Manifest] = []
        var blobs: [ImageBlob] = []
        var tags: Set<String> = []
        for label in labels {
            guard let file = ContentFile(label, modificationTime: 0) else {
                throw ExportError("the module '\(label.name)' has no digest")
            }
            let layer = ImageBlob(sha256: file.digest, size: file.size) { [content = app.content] sink in
                try content.open(file, named: label.name).forEachChunk(of: file, named: label.name, sink)
            }
            let config = ImageBlob(Array(try Self.config(of: label, file, app).serialized.utf8))
            let title: JSONObject = ["org.opencontainers.image.title": .string(label.name)]
            let manifest: JSONObject = [
                "schemaVersion": .integer(2), "mediaType": .string(ImageMediaType.manifest),
                "config": .object(config.descriptor(ImageMediaType.moduleConfig)),
                "layers": .array([.object(layer.descriptor(ImageMediaType.module, annotations: title))]),
                "annotations": .object(Self.annotations(app.id)),
            ]
            var tag = Self.tag(app.id, labels.count > 1 ? label.name : nil)
            if !tags.insert(tag).inserted { tag = Self.tag(app.id, String(file.digest.hex.prefix(12))) }
            manifests.append(
                Manifest(blob: ImageBlob(Array(manifest.serialized.utf8)), tag: tag, platform: nil))
            blobs += [config, layer]
        }
        self.init(manifests, blobs)
    }

    /// The description of a module or a component, which names the world of the latter (CNCF TAG Runtime, "WASM OCI
    /// Artifact Layout").
    private static func config(
        of label: Label, _ file: ContentFile, _ app: ExportedApp
    ) throws(ExportError) -> JSONObject {
        var config: JSONObject = [
            "architecture": "wasm", "os": "wasip1", "layerDigests": .array([.string("sha256:\(file.digest.hex)")]),
        ]
        let binary: ModuleBinary
        do {
            let content = try app.content.open(file, named: label.name)
            binary = try ModuleBinary(content.bytes(limit: ModuleBinary.largestFile, named: label.name))
        } catch {
            throw ExportError("the module '\(label.name)' cannot be read: \(error)")
        }
        guard binary.kind == .component else { return config }
        do throws(ComponentError) {
            let world = ComponentWorld(of: try Component(binary: binary))
            config["os"] = "wasip2"
            config["component"] = .object([
                "exports": .array(world.exports.map { .string($0) }),
                "imports": .array(world.imports.map { .string($0) }),
            ])
        } catch {
            throw ExportError("the component '\(label.name)' is not valid: \(error)")
        }
        return config
    }

    static func annotations(_ id: BindleID) -> JSONObject {
        [
            "org.opencontainers.image.title": .string(id.name),
            "org.opencontainers.image.version": .string(id.version.description),
        ]
    }

    /// A tag: letters, digits, `_`, `.` and `-`, at most 128 of them (OCI distribution specification 1.1, "Pulling
    /// manifests"). A version's `+` is `_`, as Helm has it.
    static func tag(_ id: BindleID, _ module: String? = nil) -> String {
        let text = id.version.description + (module.map { "-\($0)" } ?? "")
        let allowed = text.map { character in
            character == "+"
                ? "_"
                : character.isASCII && (character.isLetter || character.isNumber) || "._-".contains(character)
                    ? character : "-"
        }
        return String(allowed.prefix(128))
    }
}
