import TestSupport
import Testing

import Bindle

@Suite("Semantic versions")
struct SemanticVersionTests {
    @Test(
        "are written as they are read",
        arguments: [
            "0.0.0", "1.2.3", "10.20.30", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-0.3.7", "1.0.0-x-y-z.--",
            "1.0.0+20130313144700", "1.0.0-beta+exp.sha.5114f85", "1.0.0+001", "18446744073709551615.0.0",
            "1.0.0-99999999999999999999999",
        ])
    func areWrittenAsTheyAreRead(text: String) throws {
        #expect(try #require(SemanticVersion(text)).description == text)
    }

    @Test(
        "are nothing else",
        arguments: [
            "", "1", "1.0", "1.2.3.4", "v1.2.3", "01.2.3", "1.02.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+",
            "1.2.3+a+b",
            "1.2.x", " 1.2.3", "1.2.3 ", "-1.2.3", "1.2.3-ä", "18446744073709551616.0.0", "١.٢.٣",
        ])
    func areNothingElse(text: String) {
        #expect(SemanticVersion(text) == nil)
    }

    @Test("have the precedence of section 11") func haveThePrecedenceOfSection11() {
        let ascending = [
            "0.9.10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
            "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0",
        ].compactMap { SemanticVersion($0) }
        #expect(ascending.count == 13)
        var generator = SeededGenerator()
        #expect(ascending.shuffled(using: &generator).sorted() == ascending)
        for (earlier, later) in zip(ascending, ascending.dropFirst()) {
            #expect(earlier.precedes(later) && !later.precedes(earlier))
        }
    }

    @Test("compare numeric pre-release parts by value, however long")
    func compareNumericPreReleasePartsByValueHoweverLong() throws {
        let short = try #require(SemanticVersion("1.0.0-99999999999999999999"))
        let long = try #require(SemanticVersion("1.0.0-100000000000000000000"))
        #expect(short.precedes(long))
    }

    @Test("have the same precedence when only build metadata differs, and yet are not equal")
    func haveTheSamePrecedenceWhenOnlyBuildMetadataDiffersAndYetAreNotEqual() throws {
        let one = try #require(SemanticVersion("1.0.0+a"))
        let other = try #require(SemanticVersion("1.0.0+b"))
        #expect(one != other)
        #expect(one.hasSamePrecedence(as: other))
        #expect(!one.precedes(other) && !other.precedes(one))
        #expect(one < other)
    }
}

@Suite("Version ranges")
struct VersionRangeTests {
    @Test(
        "admit",
        arguments: [
            ("1.2.3", "1.2.3"), ("1.2.3-beta", "1.2.3-beta"), ("1.2.3+a", "1.2.3+a"), ("=1.2.3", "1.2.3+a"),
            ("= 1.2.3", "1.2.3"), ("<1.2.3", "1.2.2"), ("<=1.2.3", "1.2.3"), (">1.2.3", "1.2.4"), (">=1.2.3", "1.2.3"),
            (">1.2", "1.3.0"), ("<=1.2", "1.2.9"), ("<1.2", "1.1.9"), (">=1.2", "1.2.0"),
            ("^1.2.3", "1.9.0"), ("^0.2.3", "0.2.9"), ("^0.0.3", "0.0.3"), ("^1", "1.5.0"), ("^0.0", "0.0.9"),
            ("^0", "0.9.0"), ("^1.2", "1.3.0"), ("~1.2.3", "1.2.9"), ("~1.2", "1.2.0"), ("~1", "1.9.9"),
            ("1.2.*", "1.2.7"), ("1.*", "1.7.0"), ("1.2.x", "1.2.0"), ("1.2", "1.2.4"), ("1", "1.9.9"),
            ("*", "7.0.0"), ("", "7.0.0-rc.1"), (">=1.2.0, <2.0.0", "1.9.9"), (">=1.2.0 <2.0.0", "1.2.0"),
            ("1.2.3 - 2.0.0", "2.0.0"), ("1.2 - 2.3", "2.3.9"), ("1.2.3 - 2", "2.9.9"),
            ("^1.2.3-beta.2", "1.2.3-beta.4"), (">=1.0.0-alpha, <1.0.0", "1.0.0-rc.1"),
            ("^18446744073709551615.0.0", "18446744073709551615.1.0"),
        ])
    func admit(range: String, version: String) throws {
        #expect(try VersionRange(range).contains(#require(SemanticVersion(version))))
    }

    @Test(
        "do not admit",
        arguments: [
            ("1.2.3", "1.2.4"), ("1.2.3", "1.2.3+a"), ("1.2.3", "1.2.3-beta"), ("<1.2.3", "1.2.3"), (">1.2.3", "1.2.3"),
            (">1.2", "1.2.9"), ("<=1.2", "1.3.0"), ("^1.2.3", "2.0.0"), ("^1.2.3", "1.2.2"), ("^0.2.3", "0.3.0"),
            ("^0.0.3", "0.0.4"), ("^0.0", "0.1.0"), ("~1.2.3", "1.3.0"), ("~1.2.3", "1.2.2"), ("1.2.*", "1.3.0"),
            ("1.2", "1.3.0"), (">=1.2.0, <2.0.0", "2.0.0"), ("1.2.3 - 2.0.0", "2.0.1"), ("1.2 - 2.3", "2.4.0"),
            ("^1.2.0", "1.3.0-beta"), ("<2.0.0", "2.0.0-beta"), ("^1.2.3-beta.2", "1.2.4-beta.4"), (">*", "1.0.0"),
            ("^1.2.3-beta", "2.0.0-beta"), ("^1.2.3 >=2.0.0-alpha", "2.0.0-beta"), ("~1.2 >=1.3.0-alpha", "1.3.0-beta"),
            ("<=1.2 >=1.3.0-alpha", "1.3.0-beta"), ("<1.2 >=1.2.0-alpha", "1.2.0-beta"),
        ])
    func doNotAdmit(range: String, version: String) throws {
        #expect(try !VersionRange(range).contains(#require(SemanticVersion(version))))
    }

    @Test(
        "are refused when they cannot be read",
        arguments: [
            "latest", "1.2.3.4", ">", "^", ">>1.0.0", "1.*.3", "v1.0.0", ",", ">=1.0.0,", "1.0.0 -", "=> 1.0.0",
            "^1.2.3-",
        ])
    func areRefusedWhenTheyCannotBeRead(range: String) {
        let error = #expect(throws: VersionRangeError.self) { try VersionRange(range) }
        #expect(error?.description.contains("'\(range)' is not a version range") == true)
    }
}
