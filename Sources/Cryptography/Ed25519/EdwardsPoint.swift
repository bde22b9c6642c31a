/// A point of the twisted Edwards curve -x² + y² = 1 + dx²y² (RFC 8032, section 5.1), in extended coordinates:
/// x = X/Z, y = Y/Z, xy = T/Z.
struct EdwardsPoint: Sendable {
    private let x: FieldElement
    private let y: FieldElement
    private let z: FieldElement
    private let t: FieldElement

    /// d = -121665/121666
    private static let d = -FieldElement(121_665) * FieldElement(121_666).inverse
    private static let twoD = d + d

    /// The neutral element.
    static let identity = EdwardsPoint(x: .zero, y: .one, z: .one, t: .zero)

    /// The base point B: y = 4/5, x even.
    static let base: EdwardsPoint = {
        let y = FieldElement(4) * FieldElement(5).inverse
        return EdwardsPoint(encoding: y.bytes[...])!
    }()

    private init(x: FieldElement, y: FieldElement, z: FieldElement, t: FieldElement) {
        self.x = x
        self.y = y
        self.z = z
        self.t = t
    }

    // MARK: - Encoding

    /// Decodes a point (section 5.1.3). `nil` for what no point is encoded as; a y of p or more is not, neither is -0.
    init?(encoding: ArraySlice<UInt8>) {
        guard encoding.count == 32, let last = encoding.last else { return nil }
        let isOdd = last & 0x80 != 0
        let y = FieldElement(bytes: encoding)
        var canonical = y.bytes
        canonical[31] |= last & 0x80
        guard canonical.elementsEqual(encoding) else { return nil }

        // x² = u/v, and its root, if it has one, is u·v³·(u·v⁷)^((p-5)/8), or that times the root of -1.
        let u = y.squared - .one
        let v = Self.d * y.squared + .one
        let v3 = v.squared * v
        var x = u * v3 * (u * v3.squared * v).power252Minus3
        let square = v * x.squared
        if square == -u {
            x = x * FieldElement.squareRootOfMinusOne
        } else if square != u {
            return nil
        }
        guard !x.isZero || !isOdd else { return nil }
        if x.isOdd != isOdd { x = -x }
        self.init(x: x, y: y, z: .one, t: x * y)
    }

    /// The point's encoding (section 5.1.2): y, with the sign of x as its highest bit.
    var encoding: [UInt8] {
        let inverse = z.inverse
        var bytes = (y * inverse).bytes
        bytes[31] |= (x * inverse).bytes[0] << 7
        return bytes
    }

    /// Whether eight times this point is the neutral element.
    var hasSmallOrder: Bool {
        let multiple = doubled.doubled.doubled
        return multiple.x.isZero && multiple.y == multiple.z
    }

    // MARK: - Arithmetic

    /// Section 5.1.4; the formula holds for all points, equal ones and the neutral element included.
    static func + (p: EdwardsPoint, q: EdwardsPoint) -> EdwardsPoint {
        let a = (p.y - p.x) * (q.y - q.x)
        let b = (p.y + p.x) * (q.y + q.x)
        let c = p.t * twoD * q.t
        let zz = p.z * q.z
        let d = zz + zz
        let (e, f, g, h) = (b - a, d - c, d + c, b + a)
        return EdwardsPoint(x: e * f, y: g * h, z: f * g, t: e * h)
    }

    static prefix func - (p: EdwardsPoint) -> EdwardsPoint { EdwardsPoint(x: -p.x, y: p.y, z: p.z, t: -p.t) }

    /// Section 5.1.4.
    var doubled: EdwardsPoint {
        let a = x.squared
        let b = y.squared
        let zz = z.squared
        let h = a + b
        let e = h - (x + y).squared
        let g = a - b
        let f = zz + zz + g
        return EdwardsPoint(x: e * f, y: g * h, z: f * g, t: e * h)
    }

    /// 0, 1 … 15 times a point.
    struct Multiples: Sendable {
        private let points: [EdwardsPoint]

        init(of point: EdwardsPoint) {
            var points = [EdwardsPoint.identity]
            for index in 0..<15 { points.append(points[index] + point) }
            self.points = points
        }

        /// `digit` times the point. All entries are read, so that neither time nor cache tells which was wanted.
        func select(_ digit: UInt8) -> EdwardsPoint {
            var result = points[0]
            for index in 1..<16 {
                // All ones if this is the one: the difference is 0, and only 0 borrows.
                let difference = UInt64(digit ^ UInt8(index))
                result = EdwardsPoint.select(result, points[index], where: 0 &- ((difference &- 1) &>> 63))
            }
            return result
        }
    }

    private static let baseMultiples = Multiples(of: base)

    /// The multiples of 1, 256, 256² … times the base point: one table for every second digit of a scalar, in 80 kB.
    private static let spacedBaseMultiples: [Multiples] = {
        var point = base
        return (0..<32).map { _ in
            defer { for _ in 0..<8 { point = point.doubled } }
            return Multiples(of: point)
        }
    }()

    private static func select(_ p: EdwardsPoint, _ q: EdwardsPoint, where condition: UInt64) -> EdwardsPoint {
        EdwardsPoint(
            x: .select(p.x, q.x, where: condition), y: .select(p.y, q.y, where: condition),
            z: .select(p.z, q.z, where: condition), t: .select(p.t, q.t, where: condition))
    }

    /// `scalar` times the base point, in a course that does not depend on the scalar.
    ///
    /// The sum of 64 multiples that are in tables: those of the odd digits first, which count sixteenfold. So a point is
    /// doubled four times, and not after each digit.
    static func baseTimes(_ scalar: Scalar) -> EdwardsPoint {
        let bytes = scalar.bytes
        func sum(onto start: EdwardsPoint, digit: (UInt8) -> UInt8) -> EdwardsPoint {
            zip(bytes, spacedBaseMultiples).reduce(start) { sum, next in sum + next.1.select(digit(next.0)) }
        }
        let odd = sum(onto: identity) { $0 >> 4 }
        return sum(onto: odd.doubled.doubled.doubled.doubled) { $0 & 0xF }
    }

    /// `first` times the base point plus `second` times `point`.
    static func baseTimes(_ first: Scalar, plus second: Scalar, times point: EdwardsPoint) -> EdwardsPoint {
        let multiples = Multiples(of: point)
        return zip(first.digits, second.digits).reduce(identity) { sum, digits in
            sum.doubled.doubled.doubled.doubled + baseMultiples.select(digits.0) + multiples.select(digits.1)
        }
    }
}
