import Foundation

/// What all servers serve: a project for `up`, a file of modules for `wagi`, a file for the others.
struct ServedFiles {
    let directory: URL
    /// What could not be built, and why.
    private(set) var absent: [String] = []
    private(set) var hasCGI = false

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
            hasCGI = true
        } catch {
            absent.append("the CGI handler, and hello is one in text: \(error)")
            hello = "hello.wat"
            try Data(GeneratedProject.handlerText(greeting: "Hello, world!").utf8)
                .write(to: project.appendingPathComponent(hello))
        }
        try writeDefinitions(hello: hello)
    }

    var project: URL { directory.appendingPathComponent("project") }
    var modules: URL { directory.appendingPathComponent("modules.toml") }
    var file: URL { project.appendingPathComponent("files/10k.txt") }

    func remove() {
        try? FileManager.default.removeItem(at: directory)
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
        if hasCGI {
            facts += "\n[[handler]]\nname = \"cgi.wasm\"\nroute = \"/cgi/...\"\n"
            modules += "\n[[module]]\nroute = \"/cgi/...\"\nmodule = \"\(project.path)/cgi.wasm\"\n"
        }
        try Data(facts.utf8).write(to: project.appendingPathComponent("HIPPOFACTS"))
        try Data(modules.utf8).write(to: self.modules)
    }
}
