/// The name in the source of a function whose linker symbol follows Rust's `v0` scheme (RFC 2603); `nil` if `symbol` does
/// not. Hashes of crates are left out, as are types of constants.
func demangledRust(_ symbol: String) -> String? {
    guard symbol.hasPrefix("_R") else { return nil }
    var demangler = RustDemangler(symbol: Array(symbol.utf8.dropFirst(2)))
    return demangler.demangle()
}

/// A recursive descent over the grammar of a `v0` symbol, without its prefix `_R`.
private struct RustDemangler {
    private struct Malformed: Error {}

    /// Names longer than this are not worth showing, and back references can make them exponentially long.
    private static let longestName = 4096
    /// Nesting at which a symbol counts as malformed; those of compilers stay far below.
    private static let deepestNesting = 128
    private static let mostSteps = 20_000

    private let symbol: [UInt8]
    private var position = 0
    private var output = ""
    /// Above 0, what is read is not written.
    private var silence = 0
    private var depth = 0
    private var steps = 0
    /// Lifetimes that the binders around the position have introduced.
    private var boundLifetimes: UInt64 = 0

    init(symbol: [UInt8]) {
        self.symbol = symbol
    }

    mutating func demangle() -> String? {
        do {
            // A version of the scheme other than the first begins with its number.
            guard let first = symbol.first, !isDigit(first) else { return nil }
            try path(inValue: true)
            if peek != nil, peek != UInt8(ascii: "."), peek != UInt8(ascii: "$") {
                silence += 1
                try path(inValue: false)
                silence -= 1
            }
            guard peek == nil || peek == UInt8(ascii: ".") || peek == UInt8(ascii: "$") else { return nil }
            return output
        } catch {
            return nil
        }
    }

    // MARK: Paths

    /// - Parameter inValue: whether generic arguments are written with `::` before them.
    private mutating func path(inValue: Bool) throws {
        try nested { demangler in
            switch try demangler.next() {
            case UInt8(ascii: "C"):
                _ = try demangler.disambiguator()
                demangler.write(try demangler.undisambiguatedIdentifier())
            case UInt8(ascii: "M"):
                try demangler.implementationPath()
                demangler.write("<")
                try demangler.type()
                demangler.write(">")
            case UInt8(ascii: "X"):
                try demangler.implementationPath()
                try demangler.qualifiedType()
            case UInt8(ascii: "Y"): try demangler.qualifiedType()
            case UInt8(ascii: "N"): try demangler.nestedPath(inValue: inValue)
            case UInt8(ascii: "I"):
                try demangler.path(inValue: inValue)
                demangler.write(inValue ? "::<" : "<")
                try demangler.list { try $0.genericArgument() }
                demangler.write(">")
            case UInt8(ascii: "B"): try demangler.backReference { try $0.path(inValue: inValue) }
            default: throw Malformed()
            }
        }
    }

    private mutating func implementationPath() throws {
        _ = try disambiguator()
        silence += 1
        try path(inValue: false)
        silence -= 1
    }

    private mutating func qualifiedType() throws {
        write("<")
        try type()
        write(" as ")
        try path(inValue: false)
        write(">")
    }

    private mutating func nestedPath(inValue: Bool) throws {
        let namespace = try next()
        try path(inValue: inValue)
        let disambiguator = try disambiguator()
        let name = try undisambiguatedIdentifier()
        switch namespace {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"):
            let kind =
                switch namespace {
                case UInt8(ascii: "C"): "closure"
                case UInt8(ascii: "S"): "shim"
                default: String(UnicodeScalar(namespace))
                }
            write("::{\(kind)\(name.isEmpty ? "" : ":" + name)#\(disambiguator)}")
        case UInt8(ascii: "a")...UInt8(ascii: "z"):
            if !name.isEmpty { write("::" + name) }
        default: throw Malformed()
        }
    }

    private mutating func genericArgument() throws {
        if consume("L") {
            writeLifetime(try base62Number())
        } else if consume("K") {
            try constant()
        } else {
            try type()
        }
    }

    // MARK: Types

    private mutating func type() throws {
        try nested { demangler in
            let tag = try demangler.next()
            if let name = Self.basicTypes[tag] {
                demangler.write(name)
                return
            }
            switch tag {
            case UInt8(ascii: "A"):
                demangler.write("[")
                try demangler.type()
                demangler.write("; ")
                try demangler.constant()
                demangler.write("]")
            case UInt8(ascii: "S"):
                demangler.write("[")
                try demangler.type()
                demangler.write("]")
            case UInt8(ascii: "T"):
                demangler.write("(")
                let count = try demangler.list { try $0.type() }
                demangler.write(count == 1 ? ",)" : ")")
            case UInt8(ascii: "R"): try demangler.reference("&")
            case UInt8(ascii: "Q"): try demangler.reference("&", "mut ")
            case UInt8(ascii: "P"):
                demangler.write("*const ")
                try demangler.type()
            case UInt8(ascii: "O"):
                demangler.write("*mut ")
                try demangler.type()
            case UInt8(ascii: "F"): try demangler.binding { try $0.functionSignature() }
            case UInt8(ascii: "D"):
                demangler.write("dyn ")
                try demangler.binding { try $0.list(separator: " + ") { try $0.dynamicTrait() } }
                guard demangler.consume("L") else { throw Malformed() }
                let lifetime = try demangler.base62Number()
                if lifetime != 0 {
                    demangler.write(" + ")
                    demangler.writeLifetime(lifetime)
                }
            case UInt8(ascii: "B"): try demangler.backReference { try $0.type() }
            default:
                demangler.position -= 1
                try demangler.path(inValue: false)
            }
        }
    }

    private mutating func reference(_ sigil: String, _ mutability: String = "") throws {
        write(sigil)
        if consume("L") {
            let lifetime = try base62Number()
            if lifetime != 0 {
                writeLifetime(lifetime)
                write(" ")
            }
        }
        write(mutability)
        try type()
    }

    private mutating func functionSignature() throws {
        if consume("U") { write("unsafe ") }
        if consume("K") {
            let convention = consume("C") ? "C" : try undisambiguatedIdentifier()
            write("extern \"\(convention.replacing("_", with: "-"))\" ")
        }
        write("fn(")
        try list { try $0.type() }
        write(")")
        if consume("u") { return }
        write(" -> ")
        try type()
    }

    private mutating func dynamicTrait() throws {
        // The bindings of associated types stand among the generic arguments of the trait, if it has any.
        let hasArguments = peek == UInt8(ascii: "I")
        try path(inValue: false)
        guard peek == UInt8(ascii: "p") else { return }
        if hasArguments, output.last == ">", silence == 0 {
            output.removeLast()
            write(", ")
        } else {
            write("<")
        }
        var isFirst = true
        while consume("p") {
            if !isFirst { write(", ") }
            isFirst = false
            write(try undisambiguatedIdentifier() + " = ")
            try type()
        }
        write(">")
    }

    // MARK: Constants

    private mutating func constant() throws {
        try nested { demangler in
            switch try demangler.next() {
            case UInt8(ascii: "p"): demangler.write("_")
            case UInt8(ascii: "B"): try demangler.backReference { try $0.constant() }
            case UInt8(ascii: "b"): demangler.write(try demangler.hexadecimalNumber() == "0" ? "false" : "true")
            case UInt8(ascii: "c"):
                let value = try demangler.hexadecimalNumber()
                guard let scalar = UInt32(value, radix: 16).flatMap(UnicodeScalar.init) else { throw Malformed() }
                demangler.write("'" + scalar.escaped(asASCII: false) + "'")
            case let tag where Self.integerTypes.contains(tag):
                let isNegative = demangler.consume("n")
                let value = try demangler.hexadecimalNumber()
                let digits = UInt64(value, radix: 16).map { String($0) } ?? "0x" + value
                demangler.write((isNegative ? "-" : "") + digits)
            default: throw Malformed()
            }
        }
    }

    private mutating func hexadecimalNumber() throws -> String {
        let start = position
        while let digit = peek, isDigit(digit) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(digit) {
            position += 1
        }
        let digits = String(decoding: symbol[start..<position], as: UTF8.self)
        guard consume("_") else { throw Malformed() }
        return digits.isEmpty ? "0" : digits
    }

    // MARK: Identifiers and numbers

    /// The number that tells apart what has the same name; 0 without one.
    private mutating func disambiguator() throws -> UInt64 {
        guard consume("s") else { return 0 }
        return try incremented(base62Number())
    }

    private mutating func undisambiguatedIdentifier() throws -> String {
        let isEncoded = consume("u")
        var count = 0
        guard let first = peek, isDigit(first) else { throw Malformed() }
        // A number has no leading zeros, so that 0 ends at its digit.
        repeat {
            count = count * 10 + Int(try next() - UInt8(ascii: "0"))
            guard count <= symbol.count else { throw Malformed() }
        } while count != 0 && peek.map(isDigit) == true
        _ = consume("_")
        guard count <= symbol.count - position else { throw Malformed() }
        let bytes = symbol[position..<(position + count)]
        position += count
        guard isEncoded else { return String(decoding: bytes, as: UTF8.self) }
        guard let name = Punycode.decode(bytes) else { throw Malformed() }
        return name
    }

    /// `_` is 0, and `N_` is N + 1 in base 62, of digits, lower-case and upper-case letters.
    private mutating func base62Number() throws -> UInt64 {
        if consume("_") { return 0 }
        var number: UInt64 = 0
        while !consume("_") {
            let digit = try next()
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - UInt8(ascii: "A") + 36
            default: throw Malformed()
            }
            let (product, overflow) = number.multipliedReportingOverflow(by: 62)
            let (sum, carry) = product.addingReportingOverflow(UInt64(value))
            guard !overflow, !carry else { throw Malformed() }
            number = sum
        }
        return try incremented(number)
    }

    private func incremented(_ number: UInt64) throws -> UInt64 {
        guard number < UInt64.max else { throw Malformed() }
        return number + 1
    }

    // MARK: Structure

    /// Reads until `E`.
    @discardableResult
    private mutating func list(
        separator: String = ", ", _ element: (inout RustDemangler) throws -> Void
    ) throws -> Int {
        var count = 0
        while !consume("E") {
            if count > 0 { write(separator) }
            try element(&self)
            count += 1
        }
        return count
    }

    /// Reads what stands at an earlier position.
    private mutating func backReference(_ body: (inout RustDemangler) throws -> Void) throws {
        let start = UInt64(position - 1)
        let target = try base62Number()
        guard target < start else { throw Malformed() }
        // What is not written need not be followed.
        guard silence == 0 else { return }
        let end = position
        position = Int(target)
        try nested(body)
        position = end
    }

    /// Reads what follows a binder of lifetimes, `for<'a, …>`, if one is there.
    private mutating func binding(_ body: (inout RustDemangler) throws -> Void) throws {
        let count = consume("G") ? try incremented(base62Number()) : 0
        guard count <= Self.longestName else { throw Malformed() }
        if count > 0, silence == 0 {
            let names = (0..<count).map { Self.lifetimeName(boundLifetimes + $0) }
            write("for<" + names.joined(separator: ", ") + "> ")
        }
        boundLifetimes += count
        try body(&self)
        boundLifetimes -= count
    }

    /// - Parameter index: 0 for an erased lifetime, otherwise 1 for the one bound last.
    private mutating func writeLifetime(_ index: UInt64) {
        write(index == 0 || index > boundLifetimes ? "'_" : Self.lifetimeName(boundLifetimes - index))
    }

    private static func lifetimeName(_ number: UInt64) -> String {
        number < 26 ? "'" + String(UnicodeScalar(UInt8(ascii: "a") + UInt8(number))) : "'_\(number)"
    }

    private mutating func nested(_ body: (inout RustDemangler) throws -> Void) throws {
        depth += 1
        steps += 1
        guard depth <= Self.deepestNesting, steps <= Self.mostSteps else { throw Malformed() }
        try body(&self)
        depth -= 1
        guard output.utf8.count <= Self.longestName else { throw Malformed() }
    }

    private mutating func write(_ text: String) {
        if silence == 0 { output += text }
    }

    private var peek: UInt8? { position < symbol.count ? symbol[position] : nil }

    private mutating func next() throws -> UInt8 {
        guard position < symbol.count else { throw Malformed() }
        defer { position += 1 }
        return symbol[position]
    }

    private mutating func consume(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private static let integerTypes = Set("aslxnihtmyoj".utf8)
    private static let basicTypes: [UInt8: String] = [
        UInt8(ascii: "a"): "i8", UInt8(ascii: "b"): "bool", UInt8(ascii: "c"): "char", UInt8(ascii: "d"): "f64",
        UInt8(ascii: "e"): "str", UInt8(ascii: "f"): "f32", UInt8(ascii: "h"): "u8", UInt8(ascii: "i"): "isize",
        UInt8(ascii: "j"): "usize", UInt8(ascii: "l"): "i32", UInt8(ascii: "m"): "u32", UInt8(ascii: "n"): "i128",
        UInt8(ascii: "o"): "u128", UInt8(ascii: "p"): "_", UInt8(ascii: "s"): "i16", UInt8(ascii: "t"): "u16",
        UInt8(ascii: "u"): "()", UInt8(ascii: "v"): "...", UInt8(ascii: "x"): "i64", UInt8(ascii: "y"): "u64",
        UInt8(ascii: "z"): "!",
    ]
}

private func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}
