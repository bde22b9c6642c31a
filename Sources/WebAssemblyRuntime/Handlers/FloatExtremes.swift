// The lesser and the greater of two floating-point numbers: not a number if one of them is not, and a negative zero
// is less than a positive one.

@inline(__always)
func floatMinimum(_ a: Double, _ b: Double) -> Double {
    if a < b { return a }
    if b < a { return b }
    if a == b { return Double(bitPattern: a.bitPattern | b.bitPattern) }
    return a + b
}

@inline(__always)
func floatMaximum(_ a: Double, _ b: Double) -> Double {
    if a > b { return a }
    if b > a { return b }
    if a == b { return Double(bitPattern: a.bitPattern & b.bitPattern) }
    return a + b
}

@inline(__always)
func floatMinimum(_ a: Float, _ b: Float) -> Float {
    if a < b { return a }
    if b < a { return b }
    if a == b { return Float(bitPattern: a.bitPattern | b.bitPattern) }
    return a + b
}

@inline(__always)
func floatMaximum(_ a: Float, _ b: Float) -> Float {
    if a > b { return a }
    if b > a { return b }
    if a == b { return Float(bitPattern: a.bitPattern & b.bitPattern) }
    return a + b
}
