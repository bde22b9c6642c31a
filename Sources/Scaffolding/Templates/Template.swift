import Platform

/// A kind of new project.
package enum Template: String, CaseIterable, Sendable {
    case wat, c, rust, go, zig, swift
    case assemblyScript = "assemblyscript"
    case `static`

    /// What it makes, in a few words.
    package var summary: String {
        switch self {
        case .wat: "a handler in WebAssembly text; needs no toolchain"
        case .c: "a handler in C, with wasi-libc"
        case .rust: "a handler in Rust"
        case .go: "a handler in Go"
        case .zig: "a handler in Zig"
        case .swift: "a handler in Embedded Swift"
        case .assemblyScript: "a handler in AssemblyScript"
        case .static: "pages, and no more of a handler than HIPPOFACTS asks for; needs no toolchain"
        }
    }

    /// The language, as it is called.
    var language: String {
        switch self {
        case .wat: "WebAssembly text"
        case .c: "C"
        case .rust: "Rust"
        case .go: "Go"
        case .zig: "Zig"
        case .swift: "Swift"
        case .assemblyScript: "AssemblyScript"
        case .static: "no language"
        }
    }

    /// The project that it makes, and its source files.
    package func project(named name: ProjectName) -> (description: ProjectDescription, files: [ScaffoldFile]) {
        let made: (description: ProjectDescription, files: [ScaffoldFile])
        switch self {
        case .wat: made = watProject(name)
        case .c: made = cProject(name)
        case .rust: made = rustProject(name)
        case .go: made = goProject(name)
        case .zig: made = zigProject(name)
        case .swift: made = swiftProject(name)
        case .assemblyScript: made = assemblyScriptProject(name)
        case .static: made = staticProject(name)
        }
        return (made.description, made.files + [tests(name), readme(made.description)])
    }

    /// Requests to the app that `hippo-dev test` sends, and what it expects of the responses.
    private func tests(_ name: ProjectName) -> ScaffoldFile {
        let head = """
            # 'hippo-dev test' sends these requests, and compares the responses; 'hippo-dev test --help' tells of the keys.

            """
        let page = """
            [[request]]
            name = "the page is served"
            path = "/"
            expect.matches = "<h1>\(name.text)</h1>"

            """
        guard self != .static else {
            return ScaffoldFile(
                "tests/pages.toml",
                """
                \(head)
                \(page)
                [[request]]
                name = "the version is told"
                path = "/version"
                expect.body = "\(name.text) 0.1.0\\n"

                """)
        }
        return ScaffoldFile(
            "tests/hello.toml",
            """
            \(head)
            [[request]]
            name = "the world is greeted"
            path = "/hello"
            expect.status = 200
            expect.body = "Hello, world! \(language) answered.\\n"

            [[request]]
            name = "somebody is greeted by name"
            path = "/hello?Ada"
            expect.matches = "^Hello, Ada!"

            \(page)
            """)
    }

    /// The page and its style sheet, which all templates with a handler have.
    func page(_ name: ProjectName) -> [ScaffoldFile] {
        [
            ScaffoldFile(
                "index.html",
                """
                <!DOCTYPE html>
                <html lang="en">
                <head>
                  <meta charset="utf-8">
                  <meta name="viewport" content="width=device-width, initial-scale=1">
                  <title>\(name.text)</title>
                  <link rel="stylesheet" href="style.css">
                </head>
                <body>
                  <main>
                    <h1>\(name.text)</h1>
                    <p id="greeting">…</p>
                    <form>
                      <label>Your name <input name="name" pattern="[A-Za-z]+" autocomplete="given-name"></label>
                      <button>Greet me</button>
                    </form>
                    <p>This page is a file of the project. The greeting comes from <a href="/hello">/hello</a>.</p>
                  </main>
                  <script>
                    async function greet(name) {
                      const response = await fetch(name ? `/hello?${name}` : "/hello");
                      document.getElementById("greeting").textContent = await response.text();
                    }

                    document.querySelector("form").addEventListener("submit", (event) => {
                      event.preventDefault();
                      greet(event.target.elements.name.value);
                    });
                    greet();
                  </script>
                </body>
                </html>

                """),
            styleSheet,
        ]
    }

    var styleSheet: ScaffoldFile {
        ScaffoldFile(
            "style.css",
            """
            body {
              margin: 0;
              font: 1.1rem/1.5 system-ui, sans-serif;
              color: #22333b;
              background: #edf2f4;
            }

            main {
              max-width: 34rem;
              margin: 10vh auto;
              padding: 2rem;
              border-radius: 1rem;
              background: #fff;
            }

            a {
              color: #2f6f8f;
            }

            input,
            button {
              font: inherit;
              padding: 0.3rem 0.6rem;
            }

            #greeting {
              font-size: 1.4rem;
              font-weight: 600;
            }

            """)
    }

    /// A project whose one handler answers at `/hello`, beside the page.
    func greeter(
        _ name: ProjectName, module: String, build: ProjectDescription.Build?, toolchain: Toolchain,
        ignored: [String] = []
    ) -> ProjectDescription {
        ProjectDescription(
            name: name, summary: "A page, and a handler in \(language)",
            handlers: [.init(module: module, route: "/hello", files: ["index.html", "style.css"])], build: build,
            toolchain: toolchain, ignored: ignored)
    }

    private func readme(_ project: ProjectDescription) -> ScaffoldFile {
        var text = """
            # \(project.name.text)

                hippo-dev up --open

            serves the app at <http://127.0.0.1:3000/>, and keeps it up to date while you edit it. Settings are in
            `hippo-dev.toml`; the modules, their routes and their files are in `HIPPOFACTS`.

            """
        if project.build == nil {
            text = text.replacing("Settings are in\n`hippo-dev.toml`; the", with: "The")
        }
        text += "\n    hippo-dev test\n\nsends the requests of `tests/` to it, and compares the responses.\n"
        if let requirement = project.toolchain.requirement { text += "\nIt is built by \(requirement).\n" }
        text += """

            To publish a release: write its version into `HIPPOFACTS`, and run `hippo-dev push -v production` with
            `BINDLE_URL` set to the Bindle server.

            """
        return ScaffoldFile("README.md", text)
    }
}
