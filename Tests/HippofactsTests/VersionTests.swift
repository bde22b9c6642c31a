import Bindle
import Hippofacts
import TestSupport
import Testing

/// How the version of a bindle comes about.
struct VersionTests {
    /// 2022-03-04 05:06:07.089 UTC
    private let time: Int64 = 1_646_370_367_089

    @Test(
        "Development versions are unique",
        arguments: [
            ("1.2.3", "ada", "1.2.3-ada-20220304050607089"),
            ("1.2.3", nil, "1.2.3-20220304050607089"),
            ("1.2.3", "", "1.2.3-20220304050607089"),
            ("1.2.3", "ada.l ö", "1.2.3-ada-l---20220304050607089"),
            ("1.2.3-beta.1", "ada", "1.2.3-beta.1-ada-20220304050607089"),
            ("1.2.3-beta+b.01", "ada", "1.2.3-beta-ada-20220304050607089+b.01"),
            ("1.2.3+b", nil, "1.2.3-20220304050607089+b"),
            ("1.2.*", "007", "1.2.5-007-20220304050607089"),
        ])
    func developmentVersionsAreUnique(written: String, user: String?, version: String) throws {
        #expect(try expanded(written, .development(user: user, milliseconds: time)) == version)
    }

    @Test("Production versions are as written") func productionVersionsAreAsWritten() throws {
        #expect(try expanded("1.2.3-beta+7", .asWritten) == "1.2.3-beta+7")
    }

    @Test("A patch number is filled in", arguments: [("1.2.*", "1.2.5"), ("1.3.*", "1.3.0"), ("0.0.*", "0.0.0")])
    func aPatchNumberIsFilledIn(written: String, version: String) throws {
        #expect(try expanded(written, .asWritten) == version)
    }

    @Test("There is no patch number after the last") func thereIsNoPatchNumberAfterTheLast() throws {
        let error = try #require(throws: HippofactsError.self) { try expanded("9.0.*", .asWritten) }
        #expect(error.message == "there is no version after the last of 9.0.*")
        #expect(error.position?.line == 3)
    }

    @Test(
        "Other patterns are no versions",
        arguments: ["1.*", "1.2.3.*", "*", "1.2.-a.*", "1.2.3.4", "1.2", "v1.2.3", "01.2.*"])
    func otherPatternsAreNoVersions(text: String) {
        #expect(VersionPattern(text) == nil)
    }

    /// The version with which a project is expanded when the store has some of its versions already.
    private func expanded(_ version: String, _ mode: VersionMode) throws -> String {
        let project = try TemporaryDirectory()
        try project.write(
            "[bindle]\nname = \"x\"\nversion = \"\(version)\"\n[[handler]]\nname = \"a.wasm\"\nroute = \"/\"",
            to: "HIPPOFACTS")
        try project.write("", to: "a.wasm")
        let options = ExpansionOptions(
            versionMode: mode,
            knownVersions: { name in
                #expect(name == "x")
                return ["1.2.4", "1.2.1", "1.4.9", "9.0.\(UInt64.max)"].compactMap { SemanticVersion($0) }
            })
        var cache = DigestCache()
        return try Hippofacts(at: project.path).expanded(options, cache: &cache).invoice.id.version.description
    }
}
