/// The templates that need no toolchain.
extension Template {
    func watProject(_ name: ProjectName) -> (ProjectDescription, [ScaffoldFile]) {
        let handler = ScaffoldFile(
            "hello.wat",
            """
            ;; Answers /hello, and /hello?Ada. A request arrives as for a CGI program: in the environment, in the
            ;; arguments (the path, then the pieces of the query string) and on the standard input. The response leaves
            ;; on the standard output: header lines, an empty line, and the body.
            (module
              (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

              (memory (export "memory") 1)
              (data (i32.const 0) "Content-Type: text/plain\\n\\nHello, ")
              (data (i32.const 48) "world")
              (data (i32.const 56) "! WebAssembly text answered.\\n")
              ;; 96: how many arguments, 100: their bytes. 104: a pointer and a length to be written, 112: how much was.
              ;; 1024: pointers to the arguments, and behind them the arguments.

              (func $write (param $start i32) (param $length i32)
                (i32.store (i32.const 104) (local.get $start))
                (i32.store (i32.const 108) (local.get $length))
                (drop (call $fd_write (i32.const 1) (i32.const 104) (i32.const 1) (i32.const 112))))

              ;; The length of a string that a zero ends.
              (func $length (param $start i32) (result i32)
                (local $end i32)
                (local.set $end (local.get $start))
                (loop $next
                  (if (i32.load8_u (local.get $end))
                    (then
                      (local.set $end (i32.add (local.get $end) (i32.const 1)))
                      (br $next))))
                (i32.sub (local.get $end) (local.get $start)))

              (func (export "_start")
                (local $strings i32)
                (local $name i32)
                (drop (call $args_sizes_get (i32.const 96) (i32.const 100)))
                (local.set $strings
                  (i32.add (i32.const 1024) (i32.mul (i32.load (i32.const 96)) (i32.const 4))))
                ;; More than fits into the memory is nobody's name.
                (if (i32.gt_u (i32.add (local.get $strings) (i32.load (i32.const 100))) (i32.const 65536))
                  (then (call $proc_exit (i32.const 1))))
                (drop (call $args_get (i32.const 1024) (local.get $strings)))

                (call $write (i32.const 0) (i32.const 33))
                (if (i32.gt_u (i32.load (i32.const 96)) (i32.const 1))
                  (then
                    (local.set $name (i32.load (i32.const 1028)))
                    (call $write (local.get $name) (call $length (local.get $name))))
                  (else (call $write (i32.const 48) (i32.const 5))))
                (call $write (i32.const 56) (i32.const 29))))

            """)
        return (greeter(name, module: "hello.wat", build: nil, toolchain: .none), [handler] + page(name))
    }

    func staticProject(_ name: ProjectName) -> (ProjectDescription, [ScaffoldFile]) {
        let description = ProjectDescription(
            name: name, summary: "Pages",
            handlers: [
                .init(
                    module: "version.wat", route: "/version", files: ["*.html", "assets/**/*"])
            ], toolchain: .none)
        return (description, Self.versionHandler(name) + pages(name))
    }

    /// A handler that answers with the name of the app and its first version: HIPPOFACTS asks for one at least.
    static func versionHandler(_ name: ProjectName) -> [ScaffoldFile] {
        let head = "Content-Type: text/plain\n\n"
        let body = "\(name.text) 0.1.0\n"
        return [
            ScaffoldFile(
                "version.wat",
                """
                ;; Answers /version. A file HIPPOFACTS names a handler at least; everything else here is files.
                (module
                  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))

                  (memory (export "memory") 1)
                  ;; The text's address and length, as fd_write takes them; the length it wrote; the text.
                  (data (i32.const 0) "\\10\\00\\00\\00\\\(hexadecimal(head.utf8.count + body.utf8.count))\\00\\00\\00")
                  (data (i32.const 16) "Content-Type: text/plain\\n\\n\(name.text) 0.1.0\\n")

                  (func (export "_start")
                    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))

                """)
        ]
    }

    /// Two digits; a name has at most 100 bytes, so that they are enough.
    private static func hexadecimal(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return digits.count < 2 ? "0" + digits : digits
    }

    private func pages(_ name: ProjectName) -> [ScaffoldFile] {
        func page(_ file: String, _ title: String, _ body: String) -> ScaffoldFile {
            ScaffoldFile(
                file,
                """
                <!DOCTYPE html>
                <html lang="en">
                <head>
                  <meta charset="utf-8">
                  <meta name="viewport" content="width=device-width, initial-scale=1">
                  <title>\(title)</title>
                  <link rel="stylesheet" href="assets/style.css">
                </head>
                <body>
                  <main>
                \(body)
                  </main>
                </body>
                </html>

                """)
        }
        return [
            page(
                "index.html", name.text,
                """
                    <h1>\(name.text)</h1>
                    <p>Edit <code>index.html</code>, save it, and see.</p>
                    <p><a href="about.html">About</a> · <a href="version">Version</a></p>
                """),
            page(
                "about.html", "About \(name.text)",
                """
                    <h1>About</h1>
                    <p>Pages are the files that the patterns in <code>HIPPOFACTS</code> take.</p>
                    <p><a href="index.html">Back</a></p>
                """),
            ScaffoldFile("assets/style.css", styleSheet.content),
        ]
    }
}
