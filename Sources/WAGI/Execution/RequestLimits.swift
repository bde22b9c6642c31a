import Platform
package import WebAssemblyRuntime

/// The most that a module may use for one request.
package struct RequestLimits: Sendable {
    /// From the start of the module's run, the time included that it waits for its client or for other servers.
    package var time: Duration
    /// Linear memory, tables, stack and objects.
    package var store: StoreLimits
    /// Files that are open at a time.
    package var openFiles = 1024
    /// How that limit is raised; goes into messages.
    package var openFilesRemedy: String?
    /// Bytes of the response's body.
    package var responseBytes: Int64
    /// Bytes of a body without a declared length, which is kept in memory until its length is known.
    package var undeclaredBodyBytes: Int

    /// The limit of time for messages.
    var timeInSeconds: Double { (time.seconds * 1000).rounded() / 1000 }

    /// Bytes of linear memory.
    package var memoryBytes: Int {
        get { store.memoryBytes }
        set { store.memoryBytes = newValue }
    }

    package init(
        time: Duration = .seconds(30), memoryBytes: Int = 512 << 20, responseBytes: Int64 = 1 << 30,
        undeclaredBodyBytes: Int = 64 << 20
    ) {
        self.time = time
        store = StoreLimits(memoryBytes: memoryBytes)
        self.responseBytes = responseBytes
        self.undeclaredBodyBytes = undeclaredBodyBytes
    }
}
