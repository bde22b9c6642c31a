extension Template {
    func cProject(_ name: ProjectName) -> (ProjectDescription, [ScaffoldFile]) {
        let module = "build/\(name.package).wasm"
        let files = [
            ScaffoldFile(
                "source/main.c",
                """
                // Answers /hello, and /hello?Ada. A request arrives as for a CGI program: in the environment, in the
                // arguments (the path, then the pieces of the query string) and on the standard input. The response
                // leaves on the standard output: header lines, an empty line, and the body. What is written to the
                // standard error is shown by `hippo-dev up`.

                #include <stdio.h>
                #include <stdlib.h>

                int main(int argc, char **argv) {
                    const char *name = argc > 1 ? argv[1] : "world";
                    const char *method = getenv("REQUEST_METHOD");

                    printf("Content-Type: text/plain; charset=utf-8\\n\\n");
                    printf("Hello, %s! C answered.\\n", name);
                    fprintf(stderr, "%s: greeted %s\\n", method ? method : "no request", name);
                    return 0;
                }

                """),
            ScaffoldFile(
                "Makefile",
                """
                # With WASI_SDK_PATH, the compiler and the library of that SDK. Otherwise any clang that knows wasm32,
                # and wasi-libc and clang's own routines as Debian has them (wasi-libc, libclang-rt-14-dev-wasm32, lld).
                MODULE = \(module)
                OBJECTS = $(patsubst source/%.c,build/%.o,$(wildcard source/*.c))
                CFLAGS = -O2 -g -Wall -Wextra -std=c17

                ifdef WASI_SDK_PATH
                CC = $(WASI_SDK_PATH)/bin/clang --target=wasm32-wasip1
                else
                CC = clang --target=wasm32-wasi
                CFLAGS += -isystem /usr/include/wasm32-wasi
                LIBRARY = /usr/lib/wasm32-wasi
                BUILTINS = $(firstword $(wildcard /usr/lib/llvm-*/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a))
                LDFLAGS = -nostdlib -L$(LIBRARY) $(LIBRARY)/crt1-command.o
                LDLIBS = -lc $(BUILTINS)
                endif

                $(MODULE): $(OBJECTS)
                \t$(CC) -g $(LDFLAGS) $(OBJECTS) $(LDLIBS) -o $@

                build/%.o: source/%.c $(wildcard source/*.h) Makefile
                \t@mkdir -p build
                \t$(CC) $(CFLAGS) -c $< -o $@

                clean:
                \trm -rf build

                .PHONY: clean

                """),
        ]
        let description = greeter(
            name, module: module, build: .init(command: "make", watch: ["source/*", "Makefile"]), toolchain: .c,
            ignored: ["build/"])
        return (description, files + page(name))
    }
}
