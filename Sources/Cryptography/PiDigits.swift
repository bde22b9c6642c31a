/// The fractional part of π in binary, which Blowfish takes its first tables from.
///
/// Worked out when it is first needed, by Machin's formula π/4 = 4·arctan(1/5) - arctan(1/239): that is shorter than
/// a table of a thousand numbers, cannot be mistyped, and takes some tens of milliseconds, once.
enum PiDigits {
    /// The first `count` words of 32 bits of the fraction, most significant first.
    static func words(count: Int) -> [UInt32] {
        // Each division cuts off less than one unit in the last place; with some thousand of them, two more words are
        // more than enough.
        let size = count + 3
        var sum = arctangent(ofInverse: 5, times: 16, size: size)
        subtract(arctangent(ofInverse: 239, times: 4, size: size), from: &sum)
        // The first word is the 3 before the point.
        return Array(sum[1...count])
    }

    /// `factor` times the arctangent of `1 / divisor`, as a number with one word before the point.
    private static func arctangent(ofInverse divisor: UInt32, times factor: UInt32, size: Int) -> [UInt32] {
        // The sum of ±factor / ((2k + 1) · divisor^(2k + 1)).
        var power = [UInt32](repeating: 0, count: size)
        power[0] = factor
        divide(&power, by: divisor)
        var sum = power
        var term = power
        var odd: UInt32 = 1
        /// Where the words of `power` begin that are not 0: it shrinks by more than four bits each time.
        var start = 0
        while start < size {
            divide(&power, by: divisor * divisor, from: start)
            odd += 2
            for index in start..<size { term[index] = power[index] }
            divide(&term, by: odd, from: start)
            if odd % 4 == 1 { add(term, to: &sum) } else { subtract(term, from: &sum) }
            while start < size, power[start] == 0 {
                term[start] = 0
                start += 1
            }
        }
        return sum
    }

    private static func divide(_ number: inout [UInt32], by divisor: UInt32, from start: Int = 0) {
        var remainder: UInt64 = 0
        for index in start..<number.count {
            let dividend = remainder << 32 | UInt64(number[index])
            number[index] = UInt32(dividend / UInt64(divisor))
            remainder = dividend % UInt64(divisor)
        }
    }

    private static func add(_ term: [UInt32], to sum: inout [UInt32]) {
        var carry: UInt64 = 0
        for index in sum.indices.reversed() {
            carry += UInt64(sum[index]) + UInt64(term[index])
            sum[index] = UInt32(truncatingIfNeeded: carry)
            carry >>= 32
        }
    }

    private static func subtract(_ term: [UInt32], from sum: inout [UInt32]) {
        var borrow: Int64 = 0
        for index in sum.indices.reversed() {
            let difference = Int64(sum[index]) - Int64(term[index]) - borrow
            sum[index] = UInt32(truncatingIfNeeded: difference)
            borrow = difference < 0 ? 1 : 0
        }
    }
}
