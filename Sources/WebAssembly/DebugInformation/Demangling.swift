import CLinux
import Glibc

/// The name in the source of a function whose linker symbol is `symbol`; the symbol itself where it is not mangled, or not
/// by C++, Swift or Rust (in its legacy scheme or `v0`).
package func demangled(_ symbol: String) -> String {
    if symbol.hasPrefix("_Z") {
        // LLVM makes names unique with a suffix that C++'s scheme does not know.
        let plain = symbol.firstRange(of: ".llvm.").map { String(symbol[..<$0.lowerBound]) } ?? symbol
        if let name = demangledCPlusPlus(plain) { return legacyRustName(name) ?? name }
    }
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
    // The C++ library is linked because Swift's runtime is written in C++.
    guard let name = __cxa_demangle(symbol, nil, nil, nil) else { return nil }
    defer { free(name) }
    return String(cString: name)
}

/// Rust's legacy symbols are C++ ones with a last component of `h` and sixteen hexadecimal digits, and escapes for what
/// C++ names cannot contain; `nil` for other names.
private func legacyRustName(_ name: String) -> String? {
    let hash = name.suffix(19)
    guard hash.hasPrefix("::h"), hash.dropFirst(3).allSatisfy(\.isHexDigit) else { return nil }
    let components = name.dropLast(19).split(separator: "::", omittingEmptySubsequences: false).map { component in
        // An underscore keeps a component from beginning with an escape.
        let escaped = component.hasPrefix("_$") ? component.dropFirst() : component
        return unescapedRustComponent(escaped)
    }
    return components.joined(separator: "::")
}

private func unescapedRustComponent(_ component: Substring) -> String {
    var result = ""
    var rest = component
    while let character = rest.first {
        if rest.hasPrefix("..") {
            result += "::"
            rest = rest.dropFirst(2)
        } else if character == "$", let end = rest.dropFirst().firstIndex(of: "$"),
            let text = rustEscape(rest[rest.index(after: rest.startIndex)..<end])
        {
            result += text
            rest = rest[rest.index(after: end)...]
        } else {
            result.append(character)
            rest = rest.dropFirst()
        }
    }
    return result
}

private func rustEscape(_ code: Substring) -> String? {
    switch code {
    case "SP": "@"
    case "BP": "*"
    case "RF": "&"
    case "LT": "<"
    case "GT": ">"
    case "LP": "("
    case "RP": ")"
    case "C": ","
    default:
        code.hasPrefix("u") ? UInt32(code.dropFirst(), radix: 16).flatMap(Unicode.Scalar.init).map { String($0) } : nil
    }
}
