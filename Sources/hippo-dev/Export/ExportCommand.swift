import CommandLineInterface

extension Command {
    /// `hippo-dev export`: an app for wherever it goes from here.
    static let export = Command(
        name: "export",
        summary: "Write an application for where it runs next: as files, an archive, or a service.",
        subcommands: [.exportWwwroot, .exportArtifact, .exportSystemd, .exportCompose, .exportNomad, .exportOCI])
}
