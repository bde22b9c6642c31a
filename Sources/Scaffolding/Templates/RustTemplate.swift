extension Template {
    func rustProject(_ name: ProjectName) -> (ProjectDescription, [ScaffoldFile]) {
        let files = [
            ScaffoldFile(
                "Cargo.toml",
                """
                [package]
                name = "\(name.package)"
                version = "0.1.0"
                edition = "2021"

                [dependencies]

                [profile.release]
                opt-level = "s"
                # Lines of the source for traps.
                debug = 1

                """),
            ScaffoldFile(
                ".cargo/config.toml",
                """
                [build]
                target = "wasm32-wasip1"

                # For cargo run and cargo test.
                [target.wasm32-wasip1]
                runner = ["hippo-dev", "run"]

                """),
            ScaffoldFile(
                "src/main.rs",
                """
                // Answers /hello, and /hello?Ada. A request arrives as for a CGI program: in the environment, in the
                // arguments (the path, then the pieces of the query string) and on the standard input. The response
                // leaves on the standard output: header lines, an empty line, and the body. What is written to the
                // standard error is shown by `hippo-dev up`.

                use std::env;

                fn main() {
                    let name = env::args().nth(1).unwrap_or_else(|| "world".to_string());
                    let method = env::var("REQUEST_METHOD").unwrap_or_default();

                    println!("Content-Type: text/plain; charset=utf-8");
                    println!();
                    println!("{}", greeting(&name));
                    eprintln!("{}: greeted {}", method, name);
                }

                fn greeting(name: &str) -> String {
                    format!("Hello, {}! Rust answered.", name)
                }

                #[cfg(test)]
                mod tests {
                    use super::*;

                    #[test]
                    fn somebody_is_greeted_by_name() {
                        assert_eq!(greeting("Ada"), "Hello, Ada! Rust answered.");
                    }
                }

                """),
        ]
        let description = greeter(
            name, module: "target/wasm32-wasip1/release/\(name.package).wasm",
            build: .init(command: "cargo build --release", watch: ["src/**/*.rs", "Cargo.toml", ".cargo/config.toml"]),
            toolchain: .rust, ignored: ["target/"])
        return (description, files + page(name))
    }
}
