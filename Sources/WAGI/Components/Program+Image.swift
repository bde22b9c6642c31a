import ComponentModel
import Platform
import WASI
import WASIPreview2
import WebAssemblyRuntime

extension Program {
    /// Has later instances made sooner, if an image of a component's instances does that and there is none yet: to be called
    /// when a request has been answered. Neither that request nor a later one waits for it, nor does the end of the process.
    func takeImageIfDue(_ limits: RequestLimits, _ deadlines: DeadlineTimer) {
        guard case .component(let program) = self, let imaging = program.linked.claimImaging() else { return }
        let isStarted = SystemThread.start(name: "image") {
            let store = Store(limits: limits.store, hostState: WASIPreview2Context(WASIConfiguration()))
            let ticket = deadlines.schedule(store, limit: limits.time)
            imaging.run(in: store)
            deadlines.cancel(ticket)
        }
        if !isStarted { imaging.abandon() }
    }
}
