import Glibc

/// The name in the source of a function whose linker symbol is `symbol`; the symbol itself where it is not mangled, or not
/// by C++, Swift or Rust (in its legacy scheme or `v0`).
public func demangled(_ symbol: String) -> String {
    if symbol.hasPrefix("_Z"), let name = demangledCPlusPlus(symbol) { return withoutRustHash(name) }
    if symbol.hasPrefix("$s") || symbol.hasPrefix("$e"), let name = demangledSwift(symbol) { return name }
    return demangledRust(symbol) ?? symbol
}

/// A function of the Swift runtime. The result is the caller's to free.
@_silgen_name("swift_demangle")
private func swift_demangle(
    _ symbol: UnsafePointer<CChar>, _ count: Int, _ output: UnsafeMutablePointer<CChar>?,
    _ outputCount: UnsafeMutablePointer<Int>?, _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?

private func demangledSwift(_ symbol: String) -> String? {
    guard let name = swift_demangle(symbol, symbol.utf8.count, nil, nil, 0) else { return nil }
    defer { free(name) }
    return String(cString: name)
}

private func demangledCPlusPlus(_ symbol: String) -> String? {
    typealias Demangle = @convention(c) (
        UnsafePointer<CChar>, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<Int>?, UnsafeMutablePointer<Int32>?
    ) -> UnsafeMutablePointer<CChar>?
    // The C++ library is there because Swift's runtime is written in C++; nothing here links it by name.
    guard let address = dlsym(nil, "__cxa_demangle") else { return nil }
    guard let name = unsafeBitCast(address, to: Demangle.self)(symbol, nil, nil, nil) else { return nil }
    defer { free(name) }
    return String(cString: name)
}

/// Rust's legacy symbols are C++ ones with a last component of `h` and sixteen hexadecimal digits.
private func withoutRustHash(_ name: String) -> String {
    let hash = name.suffix(19)
    guard hash.hasPrefix("::h"), hash.dropFirst(3).allSatisfy(\.isHexDigit) else { return name }
    return String(name.dropLast(19))
}
