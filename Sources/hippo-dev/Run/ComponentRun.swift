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
    /// Prints the calls of functions of the modules within.
    private let printer: CallPrinter?

    /// - Throws: `RunError` for a component that is not valid, or that needs what is not provided.
    init(_ binary: ModuleBinary, _ settings: RunSettings) throws {
        self.settings = settings
        var interfaces = HostInterface.wasiPreview2 + HostInterface.wasiHTTP
        if settings.traced != nil { interfaces = interfaces.map { ComponentCallPrinter.printing($0) } }
        var linker = ComponentLinker()
        for interface in interfaces { linker.add(interface) }
        do {
            let component = try Component(binary: binary)
            let traced: TracedCalls? = settings.traced == .all ? .all : nil
            linked = try linker.link(component, stubImports: settings.stubsImports, traced: traced)
            printer = traced.map { _ in CallPrinter(modules: component.coreModules) }
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
        if let printer { store.callObserver = { printer.print($0) } }
        return try settings.run(in: store, contextLimits: { context.limitDescriptions }) {
            try call.run(in: linked.instantiate(in: store))
        }
    }
}
