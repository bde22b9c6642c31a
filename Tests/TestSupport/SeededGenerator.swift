package import Foundation

/// Random numbers that can be repeated: the generator prints its seed, and takes one from `HIPPO_TEST_SEED`.
///
/// The algorithm is SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
package struct SeededGenerator: RandomNumberGenerator {
    package let seed: UInt64
    private var state: UInt64

    /// A generator with a new seed, or that of `HIPPO_TEST_SEED`, told on standard output beside where it is used.
    package init(fileID: String = #fileID, line: Int = #line) {
        let given = ProcessInfo.processInfo.environment["HIPPO_TEST_SEED"].flatMap { UInt64($0) }
        self.init(seed: given ?? .random(in: .min ... .max))
        print("\(fileID):\(line): HIPPO_TEST_SEED=\(seed)")
    }

    /// A generator whose numbers are always the same, for tests that need variety and not chance.
    package init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// `count` random bytes.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }
}
