/// Hashes of passwords by bcrypt (Provos and Mazières, "A Future-Adaptable Password Scheme", 1999), as
/// Apache's `htpasswd -B` writes them: `$2y$COST$` and 22 characters of salt and 31 of hash.
package struct Bcrypt: Hashable, Sendable {
    /// The binary logarithm of the number of rounds, 4…31.
    package let cost: Int
    private let salt: [UInt8]
    private let hash: [UInt8]

    /// Reads a hash; `nil` when `text` has none of the prefixes `$2y$`, `$2a$` or `$2b$`.
    package init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].isEmpty, ["2y", "2a", "2b"].contains(parts[1]), parts[2].utf8.count == 2,
            let cost = Int(parts[2]), (4...31).contains(cost), parts[3].utf8.count == 53,
            let salt = Self.decode(parts[3].prefix(22)), let hash = Self.decode(parts[3].dropFirst(22))
        else { return nil }
        self.cost = cost
        self.salt = salt
        self.hash = hash
    }

    /// Hashes a password with a new salt.
    ///
    /// - Parameter cost: The binary logarithm of the number of rounds, 4…31.
    package init(hashing password: String, cost: Int = usualCost) {
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<16).map { _ in UInt8.random(in: 0 ... .max, using: &generator) }
        self.init(hashing: password, cost: cost, salt: salt)
    }

    /// - Parameter salt: 16 bytes.
    init(hashing password: String, cost: Int, salt: [UInt8]) {
        precondition((4...31).contains(cost) && salt.count == 16)
        self.cost = cost
        self.salt = salt
        hash = Self.hash(Self.key(password), salt: salt, cost: cost)
    }

    /// The cost for passwords of people: a look at one takes some 0.1 s. See <doc:Cryptography>.
    package static let usualCost = 10

    /// Of a password, so many bytes count at most.
    package static let longestPassword = 72

    /// Whether `password` is the one that was hashed. Takes 2^cost rounds, some 0.1 ms each, by design.
    package func matches(_ password: String) -> Bool {
        ConstantTime.areEqual(Self.hash(Self.key(password), salt: salt, cost: cost), hash)
    }

    /// The hash as Apache's `htpasswd` writes it.
    package var text: String {
        "$2y$\(cost < 10 ? "0" : "")\(cost)$\(Self.encode(salt))\(Self.encode(hash))"
    }

    /// The end mark is part of the key.
    private static func key(_ password: String) -> [UInt8] {
        Array((Array(password.utf8) + [0]).prefix(longestPassword))
    }

    private static func hash(_ key: [UInt8], salt: [UInt8], cost: Int) -> [UInt8] {
        var cipher = Blowfish()
        cipher.expand(key: key, salt: salt)
        let noSalt = [UInt8](repeating: 0, count: 16)
        for _ in 0..<(UInt64(1) << UInt64(cost)) {
            cipher.expand(key: key, salt: noSalt)
            cipher.expand(key: salt, salt: noSalt)
        }
        var text: [UInt32] = []
        let magic = Array("OrpheanBeholderScryDoubt".utf8)
        for start in stride(from: 0, to: 24, by: 8) {
            var left = Blowfish.word(magic, at: start)
            var right = Blowfish.word(magic, at: start + 4)
            for _ in 0..<64 { (left, right) = cipher.encrypt(left, right) }
            text += [left, right]
        }
        // The last byte is left out: by the reference implementation, and so by all.
        return text.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }.dropLast()
    }

    private static let alphabet = Array("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    /// bcrypt's own base64: another alphabet, no padding; bits that do not fill a byte are dropped.
    private static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for character in text.utf8 {
            guard let digit = alphabet.firstIndex(of: character) else { return nil }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[Int(bits >> UInt32(count) & 0x3F)])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count) & 0x3F)]) }
        return String(decoding: text, as: UTF8.self)
    }
}

/// The cipher Blowfish (Schneier, 1993) with bcrypt's way to set up its key.
private struct Blowfish {
    /// The 18 words of the P-array, then the four S-boxes of 256.
    private var words: [UInt32]

    private static let initialWords = PiDigits.words(count: 18 + 4 * 256)

    init() {
        words = Self.initialWords
    }

    /// Four bytes, most significant first, from `offset` on, beginning again at the end.
    static func word(_ bytes: [UInt8], at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 << 8 | UInt32(bytes[(offset + $1) % bytes.count]) }
    }

    func encrypt(_ left: UInt32, _ right: UInt32) -> (UInt32, UInt32) {
        words.withUnsafeBufferPointer { Self.encrypt(left, right, $0) }
    }

    @inline(__always)
    private static func encrypt(
        _ left: UInt32, _ right: UInt32, _ words: UnsafeBufferPointer<UInt32>
    ) -> (UInt32, UInt32) {
        var (left, right) = (left, right)
        for round in 0..<16 {
            left ^= words[round]
            let a = words[18 &+ Int(left &>> 24)]
            let b = words[18 &+ 256 &+ Int(left &>> 16 & 0xFF)]
            let c = words[18 &+ 512 &+ Int(left &>> 8 & 0xFF)]
            let d = words[18 &+ 768 &+ Int(left & 0xFF)]
            right ^= ((a &+ b) ^ c) &+ d
            swap(&left, &right)
        }
        swap(&left, &right)
        return (left ^ words[17], right ^ words[16])
    }

    /// Works key and salt into all tables.
    mutating func expand(key: [UInt8], salt: [UInt8]) {
        for index in 0..<18 { words[index] ^= Self.word(key, at: index * 4) }
        let saltWords = [0, 4, 8, 12].map { Self.word(salt, at: $0) }
        words.withUnsafeMutableBufferPointer { words in
            var (left, right): (UInt32, UInt32) = (0, 0)
            for index in stride(from: 0, to: words.count, by: 2) {
                (left, right) = Self.encrypt(
                    left ^ saltWords[index & 2], right ^ saltWords[index & 2 | 1], UnsafeBufferPointer(words))
                words[index] = left
                words[index + 1] = right
            }
        }
    }
}
