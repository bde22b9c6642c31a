import Foundation

/// What all servers serve: a project for `up`, a file of modules for `wagi`, a file for the others.
struct ServedFiles {
    let directory: URL
    /// What could not be built, and why.
    private(set) var absent: [String] = []
    /// What the handlers answer to.
    private(set) var workloads: Set<Workload> = [.hello]

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("serve-\(UUID().uuidString)")
        let files = project.appendingPathComponent("files")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        let text = String(repeating: "0123456789abcdefghijklmnopqrstu\n", count: 320)
        try Data(text.utf8).write(to: files.appendingPathComponent("10k.txt"))
        let guests = Programs.sourceDirectory.appendingPathComponent("Guests")
        var hello = "hello.wasm"
        do {
            try Guest.compile(
                guests.appendingPathComponent("hello-handler.c"), to: project.appendingPathComponent(hello))
            try Guest.compile(
                guests.appendingPathComponent("cgi-handler.c"), to: project.appendingPathComponent("cgi.wasm"))
            workloads.insert(.cgi)
        } catch {
            absent.append("the CGI handler, and hello is one in text: \(error)")
            hello = "hello.wat"
            try Data(GeneratedProject.handlerText(greeting: "Hello, world!").utf8)
                .write(to: project.appendingPathComponent(hello))
        }
        build(.rust) { try Guest.compileRust(guests.appendingPathComponent("hello-rust.rs"), to: $0) }
        build(.go) { try Guest.compileGo(guests.appendingPathComponent("hello-go.go"), to: $0) }
        for name in ["spin.wat", "sleep.wat"] {
            try FileManager.default.copyItem(
                at: guests.appendingPathComponent(name), to: project.appendingPathComponent(name))
        }
        try writeDefinitions(hello: hello)
    }

    var project: URL { directory.appendingPathComponent("project") }
    var modules: URL { directory.appendingPathComponent("modules.toml") }
    var file: URL { project.appendingPathComponent("files/10k.txt") }

    func remove() {
        try? FileManager.default.removeItem(at: directory)
    }

    /// Builds the module of a workload, which is left out if there is no compiler for it.
    private mutating func build(_ workload: Workload, _ compile: (URL) throws -> Void) {
        do {
            try compile(project.appendingPathComponent("\(workload.rawValue).wasm"))
            workloads.insert(workload)
        } catch {
            absent.append("the handler '\(workload.rawValue)': \(error)")
        }
    }

    private func writeDefinitions(hello: String) throws {
        var facts = """
            [bindle]
            name = "benchmark"
            version = "1.0.0"

            [[handler]]
            name = "\(hello)"
            route = "/hello"
            files = ["files/*"]

            """
        var modules = "[[module]]\nroute = \"/hello\"\nmodule = \"\(project.path)/\(hello)\"\n"
        var others = [("spin.wat", "/spin"), ("sleep.wat", "/sleep")]
        if workloads.contains(.cgi) { others.append(("cgi.wasm", "/cgi/...")) }
        for workload in [Workload.rust, .go] where workloads.contains(workload) {
            others.append(("\(workload.rawValue).wasm", workload.path))
        }
        for (name, route) in others {
            facts += "\n[[handler]]\nname = \"\(name)\"\nroute = \"\(route)\"\n"
            modules += "\n[[module]]\nroute = \"\(route)\"\nmodule = \"\(project.path)/\(name)\"\n"
        }
        try Data(facts.utf8).write(to: project.appendingPathComponent("HIPPOFACTS"))
        try Data(modules.utf8).write(to: self.modules)
    }
}
