/// Floating-point numbers without an exponent, as few digits as tell them from their neighbours.
enum DecimalText {
    static func text<Number: BinaryFloatingPoint & CustomStringConvertible>(of number: Number) -> String {
        if number.isNaN { return "nan" }
        if number.isInfinite { return number < 0 ? "-inf" : "inf" }
        // The standard library finds the digits: 1.5e-07, -0.0, 12.25.
        let parts = number.magnitude.description.split(separator: "e")
        let exponent = parts.count > 1 ? Int(parts[1])! : 0
        let halves = parts[0].split(separator: ".")
        let whole = String(halves[0])
        let fraction = halves.count > 1 && halves[1] != "0" ? String(halves[1]) : ""
        let digits = whole + fraction
        let point = whole.count + exponent
        let sign = number.sign == .minus ? "-" : ""
        if point <= 0 { return "\(sign)0." + String(repeating: "0", count: -point) + digits }
        if point >= digits.count {
            let text = (digits + String(repeating: "0", count: point - digits.count)).drop { $0 == "0" }
            return sign + (text.isEmpty ? "0" : text)
        }
        return "\(sign)\(digits.prefix(point)).\(digits.dropFirst(point))"
    }
}
