import Testing

import Bindle

@Suite("Bindle IDs")
struct BindleIDTests {
    @Test(
        "are a name, a slash and a version",
        arguments: [
            ("weather/1.2.3", "weather", "1.2.3"),
            ("enterprise.com/warpcore/1.0.0", "enterprise.com/warpcore", "1.0.0"),
            ("a/b/c/1.0.0-rc.1+build.5", "a/b/c", "1.0.0-rc.1+build.5"),
            ("Grüße_日本-1.0/0.1.0", "Grüße_日本-1.0", "0.1.0"),
            ("bindle:weather/1.2.3", "weather", "1.2.3"), ("we ather?/1.2.3", "we ather?", "1.2.3"),
            ("a+b~c:d%e!/1.2.3", "a+b~c:d%e!", "1.2.3"),
        ])
    func areANameASlashAndAVersion(text: String, name: String, version: String) throws {
        let id = try BindleID(text)
        #expect(id.name == name)
        #expect(id.version == SemanticVersion(version))
        #expect(id.description == "\(name)/\(version)")
        #expect(id.uri == "bindle:\(name)/\(version)")
    }

    @Test(
        "without a proper name are refused",
        arguments: [
            "", "weather", "/1.2.3", "weather@x/1.2.3", "a\u{0}/1.0.0", "a\u{202E}b/1.0.0", "bindle:bindle:a/1.0.0",
        ])
    func withoutAProperNameAreRefused(text: String) {
        let error = #expect(throws: BindleIDError.self) { try BindleID(text) }
        #expect(error?.description == "Invalid bindle ID '\(text)'. A bindle ID should be NAME/VERSION")
    }

    @Test(
        "without a semantic version are refused",
        arguments: [("weather/1.0", "1.0"), ("weather/", ""), ("weather/latest", "latest"), ("a/1.2.3.4", "1.2.3.4")])
    func withoutASemanticVersionAreRefused(text: String, version: String) {
        let error = #expect(throws: BindleIDError.self) { try BindleID(text) }
        #expect(error?.description == "Version \(version) is not a valid semantic version (e.g. 1.2.3)")
    }

    @Test("are ordered by name, then by version") func areOrderedByNameThenByVersion() throws {
        let ascending = try ["a/2.0.0", "b/1.0.0-rc.1", "b/1.0.0", "b/1.10.0"].map { try BindleID($0) }
        #expect(ascending.reversed().sorted() == ascending)
    }

    @Test("have the digest that names a standalone bindle") func haveTheDigestThatNamesAStandaloneBindle() throws {
        let id = try BindleID("enterprise.com/warpcore/1.0.0")
        #expect(id.digest.hex == "1927aefa8fdc8327499e918300e2e49ecb271321530cc5881fcd069ca8372dcd")
    }
}
