import CommandLineInterface
import ComponentModel
import Platform
import WASIHTTP
import WASIPreview2
import WAVE
import WebAssembly
import WebAssemblyRuntime

/// One run of a component.
struct ComponentRun {
    private let settings: RunSettings
    private let linked: LinkedComponent

    /// - Throws: `RunError` for a component that is not valid, or that needs what is not provided.
    init(_ binary: ModuleBinary, _ settings: RunSettings) throws {
        self.settings = settings
        guard settings.traced != .all else {
            throw UsageError("'--trace-all' is for modules: '--trace' prints what a component asks of its host")
        }
        var interfaces = HostInterface.wasiPreview2 + HostInterface.wasiHTTP
        if settings.traced != nil { interfaces = interfaces.map { ComponentCallPrinter.printing($0) } }
        var linker = ComponentLinker()
        for interface in interfaces { linker.add(interface) }
        do {
            linked = try linker.link(Component(binary: binary), stubImports: settings.stubsImports)
        } catch {
            throw RunError("\(settings.path): \(error)")
        }
    }

    func run() throws -> ExitCode {
        let call = try ComponentCall(linked, invoking: settings.invoked, settings)
        var configuration = settings.configuration
        // Those of a function stand in the call: the others are the program's, as without a call.
        if settings.invoked != nil { configuration.arguments += settings.words }
        let context = WASIPreview2Context(
            configuration, socketPolicy: SocketPolicy(settings.outboundHTTP))
        _ = HTTPContext(context, policy: settings.outboundHTTP)
        let store = Store(limits: settings.limits, hostState: context)
        return try settings.run(in: store, contextLimits: { context.limitDescriptions }) {
            try call.run(in: linked.instantiate(in: store))
        }
    }
}
