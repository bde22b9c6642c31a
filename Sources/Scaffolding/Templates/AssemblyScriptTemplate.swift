extension Template {
    func assemblyScriptProject(_ name: ProjectName) -> (ProjectDescription, [ScaffoldFile]) {
        let module = "build/\(name.package).wasm"
        let files = [
            ScaffoldFile(
                "package.json",
                """
                {
                  "name": "\(name.package)",
                  "version": "0.1.0",
                  "private": true,
                  "scripts": {
                    "build": "asc assembly/index.ts --outFile \(module) --exportStart _start --use abort=assembly/wasi/abort --runtime stub --optimize --debug --sourceMap"
                  },
                  "devDependencies": {
                    "assemblyscript": "^0.28.0"
                  }
                }

                """),
            ScaffoldFile(
                "assembly/tsconfig.json",
                """
                {
                  "extends": "assemblyscript/std/assembly.json",
                  "include": ["./**/*.ts"]
                }

                """),
            ScaffoldFile(
                "assembly/index.ts",
                """
                // Answers /hello, and /hello?Ada. A request arrives as for a CGI program: in the environment, in the
                // arguments (the path, then the pieces of the query string) and on the standard input. The response
                // leaves on the standard output: header lines, an empty line, and the body. What is written to the
                // standard error is shown by `hippo-dev up`.

                import { arguments_, write } from "./wasi";

                const words = arguments_();
                const name = words.length > 1 ? words[1] : "world";
                write(1, "Content-Type: text/plain; charset=utf-8\\n\\n");
                write(1, "Hello, " + name + "! AssemblyScript answered.\\n");
                write(2, "greeted " + name + "\\n");

                """),
            ScaffoldFile(
                "assembly/wasi.ts",
                """
                // The little of WASI that a handler needs.

                @external("wasi_snapshot_preview1", "fd_write")
                declare function fd_write(descriptor: i32, vectors: usize, count: i32, written: usize): i32;
                @external("wasi_snapshot_preview1", "args_sizes_get")
                declare function args_sizes_get(count: usize, size: usize): i32;
                @external("wasi_snapshot_preview1", "args_get")
                declare function args_get(pointers: usize, strings: usize): i32;
                @external("wasi_snapshot_preview1", "proc_exit")
                declare function proc_exit(code: i32): void;

                // An address and a length, and how much was written.
                const vector = memory.data(12);

                export function write(descriptor: i32, text: string): void {
                  const bytes = String.UTF8.encode(text);
                  let start = changetype<usize>(bytes);
                  let rest = bytes.byteLength;
                  while (rest > 0) {
                    store<u32>(vector, <u32>start);
                    store<u32>(vector, <u32>rest, 4);
                    if (fd_write(descriptor, vector, 1, vector + 8) != 0) return;
                    const written = load<i32>(vector, 8);
                    start += written;
                    rest -= written;
                  }
                }

                /** The path, then the pieces of the query string. */
                export function arguments_(): string[] {
                  const words = new Array<string>();
                  if (args_sizes_get(vector, vector + 4) != 0) return words;
                  const count = load<i32>(vector);
                  const pointers = new ArrayBuffer(4 * count);
                  const strings = new ArrayBuffer(load<i32>(vector, 4));
                  if (args_get(changetype<usize>(pointers), changetype<usize>(strings)) != 0) return words;
                  for (let index = 0; index < count; index++) {
                    const start = load<u32>(changetype<usize>(pointers) + 4 * index);
                    let end = start;
                    while (load<u8>(end) != 0) end++;
                    words.push(String.UTF8.decodeUnsafe(start, end - start));
                  }
                  return words;
                }

                /** What the compiler calls when an assertion fails: says where, and ends the program. */
                export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
                  const place = (file == null ? "" : file) + ":" + line.toString() + ":" + column.toString();
                  write(2, place + ": " + (message == null ? "aborted" : message) + "\\n");
                  proc_exit(1);
                }

                """),
        ]
        let description = greeter(
            name, module: module,
            build: .init(
                command: "test -d node_modules || npm install && npm run build",
                watch: ["assembly/**/*", "package.json"]),
            toolchain: .assemblyScript, ignored: ["build/", "node_modules/"])
        return (description, files + page(name))
    }
}
