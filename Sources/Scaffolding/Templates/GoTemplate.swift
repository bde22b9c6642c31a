extension Template {
    func goProject(_ name: ProjectName) -> (ProjectDescription, [ScaffoldFile]) {
        let module = "build/\(name.package).wasm"
        let files = [
            ScaffoldFile("go.mod", "module \(name.package)\n\ngo 1.21\n"),
            ScaffoldFile(
                "main.go",
                """
                // Answers /hello, and /hello?Ada. A request arrives as for a CGI program: in the environment, in the
                // arguments (the path, then the pieces of the query string) and on the standard input. The response
                // leaves on the standard output: header lines, an empty line, and the body. What is written to the
                // standard error is shown by `hippo-dev up`.
                package main

                import (
                \t"fmt"
                \t"os"
                )

                func main() {
                \tname := "world"
                \tif len(os.Args) > 1 {
                \t\tname = os.Args[1]
                \t}

                \tfmt.Print("Content-Type: text/plain; charset=utf-8\\n\\n")
                \tfmt.Printf("Hello, %s! Go answered.\\n", name)
                \tfmt.Fprintf(os.Stderr, "%s: greeted %s\\n", os.Getenv("REQUEST_METHOD"), name)
                }

                """),
        ]
        let description = greeter(
            name, module: module,
            build: .init(
                command: "GOOS=wasip1 GOARCH=wasm go build -o \(module) .", watch: ["**/*.go", "go.mod", "go.sum"]),
            toolchain: .go, ignored: ["build/"])
        return (description, files + page(name))
    }
}
