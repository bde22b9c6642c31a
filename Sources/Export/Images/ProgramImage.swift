import Archive
import Bindle
import Content
import Cryptography
import JSON
import OCI
import Platform

extension ImageSet {
    /// An image of a root file system with this program, the libraries that it needs, and an app: what container engines run.
    ///
    /// What handlers need for requests of their own to `https` is not in it: libcurl, and the certificates of authorities.
    package init(_ app: ExportedApp, running program: ProgramFiles) throws {
        // What changes less is a layer of its own.
        let layers = [
            try Layer { try Self.write(program, to: $0) }, try Layer { try Self.write(Artifact(app), to: $0) },
        ]
        let platform: JSONObject = ["architecture": .string(Self.architecture), "os": "linux"]
        var config = platform
        config["config"] = .object([
            "User": .string(Place.user),
            "Env": .array(["PATH=/usr/local/bin", .string("LD_LIBRARY_PATH=/\(Place.libraries)")]),
            "Entrypoint": .array([.string("/\(Place.program)")]),
            "Cmd": .array([
                "wagi", "-c", .string(ModulesDocument.name), "--listen", .string("0.0.0.0:\(Place.port)"),
            ]),
            "WorkingDir": .string("/\(Place.app)"), "ExposedPorts": .object(["\(Place.port)/tcp": .object([:])]),
            "StopSignal": "SIGTERM",
        ])
        config["rootfs"] = .object([
            "type": "layers", "diff_ids": .array(layers.map { .string("sha256:\($0.unpacked.hex)") }),
        ])
        let configBlob = ImageBlob(Array(config.serialized.utf8))
        let manifest: JSONObject = [
            "schemaVersion": .integer(2), "mediaType": .string(ImageMediaType.manifest),
            "config": .object(configBlob.descriptor(ImageMediaType.config)),
            "layers": .array(layers.map { .object($0.blob.descriptor(ImageMediaType.layer)) }),
            "annotations": .object(Self.annotations(app.id)),
        ]
        self.init(
            [
                Manifest(
                    blob: ImageBlob(Array(manifest.serialized.utf8)), tag: Self.tag(app.id), platform: platform)
            ], [configBlob] + layers.map(\.blob))
    }

    /// Where things are in the image, without the first slash.
    private enum Place {
        static let program = "usr/local/bin/hippo-dev"
        static let libraries = "usr/local/lib/hippo-dev"
        static let app = "srv/app"
        static let port = 3000
        static let user = "65534:65534"
    }

    private static var architecture: String {
        #if arch(arm64)
            "arm64"
        #else
            "amd64"
        #endif
    }

    /// An archive, packed, and the digest of what it unpacks to.
    private struct Layer {
        let blob: ImageBlob
        let unpacked: SHA256Digest

        init(_ write: @escaping @Sendable (TarWriter) throws -> Void) throws {
            blob = try ImageBlob { sink in
                let gzip = try GzipWriter(to: sink)
                let tar = TarWriter { try gzip.write($0) }
                try write(tar)
                try tar.finish()
                try gzip.finish()
            }
            var hash = SHA256()
            let tar = TarWriter { hash.update($0) }
            try write(tar)
            try tar.finish()
            unpacked = hash.finalize()
        }
    }

    private static func write(_ program: ProgramFiles, to tar: TarWriter) throws {
        var directories: Set<RelativePath> = []
        // Without /proc, no program of Swift knows its arguments: engines mount it here.
        try tar.begin(TarEntry(path: "proc", kind: .directory))
        try tar.begin(TarEntry(path: "tmp", kind: .directory, isForAll: true))
        var files = [(source: program.program, path: Place.program)]
        if let interpreter = program.interpreter { files.append((interpreter, String(interpreter.drop { $0 == "/" }))) }
        files += program.libraries.map { ($0.path, "\(Place.libraries)/\($0.name)") }
        for (source, path) in files {
            for directory in RelativePath(validating: path)?.ancestors ?? []
            where directories.insert(directory).inserted {
                try tar.begin(TarEntry(path: directory.string, kind: .directory))
            }
            try tar.add(fileAt: source, as: path, isExecutable: true)
        }
    }

    private static func write(_ artifact: Artifact, to tar: TarWriter) throws {
        try artifact.add(artifact.parts.flatMap(\.self), below: RelativePath(validating: Place.app), to: tar)
    }
}
