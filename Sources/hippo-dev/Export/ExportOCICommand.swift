import Bindle
import CommandLineInterface
import Export
import OCI
import Platform

extension Command {
    /// `hippo-dev export oci`: an app as images.
    static let exportOCI = Command(
        name: "oci",
        summary: "Write an application as OCI images: into a layout, an archive, or a registry.",
        discussion: """
            --kind artifact makes an image of each module, which tools for WebAssembly fetch, and 'oci:HOST/NAME:TAG' in a \
            modules.toml names; files of the app are in none of them. --kind image makes one image with this program, the \
            libraries that it needs, and the app: container engines run it as it is. It has no libcurl and no certificates, \
            so that handlers can send no requests of their own to https.

            PATH is a directory for a layout, or a file that ends in .tar. --push sends the images to a registry, with the \
            credentials of ~/.docker/config.json, by TLS, or by plain HTTP to this machine.
            """,
        options: ExportOptions.all + [OCIOptions.kind, OCIOptions.push],
        arguments: [OCIOptions.path],
        examples: [
            Example("hippo-dev export oci --kind image app.tar", "Write an image, for 'docker load' or 'skopeo copy'."),
            Example(
                "hippo-dev export oci --push registry.example/app --of release:app/1.2.0",
                "Push the modules of a release."),
        ],
        action: { arguments in
            guard (arguments[OCIOptions.path] == nil) != (arguments[OCIOptions.push] == nil) else {
                throw UsageError("either PATH or '--push' is needed: it says where the images go")
            }
            let source = try ExportOptions.source(arguments)
            let app = try source.app()
            let images =
                arguments[OCIOptions.kind] == "image"
                ? try ImageSet(app, running: ProgramFiles()) : try ImageSet(modulesOf: app)
            if let text = arguments[OCIOptions.push] {
                let reference = try arguments.value(of: OCIOptions.push, expecting: "HOST/NAME or HOST/NAME:TAG") {
                    try ImageReference($0)
                }
                guard let reference else { throw UsageError("'--push' needs HOST/NAME") }
                let hasTag = text.split(separator: "/").last?.contains(":") == true
                let client = RegistryClient(credentials: RegistryCredentials(environment: ProcessEnvironment.all))
                let pushed = try images.push(to: reference, tag: hasTag ? reference.tag : nil, with: client)
                for (reference, name) in zip(pushed, images.names) {
                    StandardOutput.tell("\(reference)  \(name.digest)")
                }
                return .success
            }
            let target = arguments[OCIOptions.path] ?? ""
            if target.hasSuffix(".tar") {
                let output = try PendingFile(replacing: target)
                try images.write(archiveTo: { try output.write($0) })
                try output.commit()
            } else {
                try images.write(toDirectory: target)
            }
            for (tag, digest) in images.names { StandardOutput.tell("\(target):\(tag)  \(digest)") }
            return .success
        })
}

private enum OCIOptions {
    static let path = Argument(
        "PATH", summary: "A directory for a layout, or a file that ends in .tar.", arity: .optional)
    static let kind = Option(
        name: "kind", valueName: "KIND", summary: "artifact for the modules alone, image for all that runs.",
        defaultValue: "artifact", kind: .choice(["artifact", "image"]))
    static let push = Option(
        name: "push", valueName: "HOST/NAME",
        summary: "The repository of a registry; the tag is the version, unless given.")
}
