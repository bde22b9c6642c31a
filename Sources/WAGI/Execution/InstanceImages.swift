import ComponentModel
import Platform
import Synchronization
import WASI
import WASIPreview2
import WebAssemblyRuntime

/// The images that instances of a handler's program begin with: of the data segments of its modules, and of a component as a
/// whole.
///
/// They are taken when the handler has answered its first request, on a thread of its own: neither that request nor a later
/// one waits for it, nor does the end of the process. Until then, each instance is made as the first one is.
final class InstanceImages: Sendable {
    private let program: Program
    /// Whether nobody has begun to take them.
    private let isDue = Atomic(true)

    init(_ program: Program) {
        self.program = program
        for module in program.translatedModules { module.postponeMemoryImage() }
    }

    var areDue: Bool { isDue.load(ordering: .relaxed) }

    /// Begins to take them, if nobody has: to be called when a request has been answered for which there was an instance.
    func take(_ limits: RequestLimits, _ deadlines: DeadlineTimer) {
        guard isDue.exchange(false, ordering: .relaxed) else { return }
        let isStarted = SystemThread.start(name: "images") { [program] in
            for module in program.translatedModules { module.makePostponedMemoryImage() }
            guard case .component(let component) = program, let imaging = component.linked.claimImaging() else {
                return
            }
            let store = Store(limits: limits.store, hostState: WASIPreview2Context(WASIConfiguration()))
            let ticket = deadlines.schedule(store, limit: limits.time)
            imaging.run(in: store)
            deadlines.cancel(ticket)
        }
        if !isStarted { isDue.store(true, ordering: .relaxed) }
    }
}
