//! The same answer as `hello-handler.c`, in Rust: as large as its standard library makes it.
fn main() {
    println!("content-type: text/plain\n\nHello, world!");
}
