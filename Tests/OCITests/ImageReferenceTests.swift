import Testing

@testable import OCI

@Suite("References to images")
struct ImageReferenceTests {
    private static let digest = "sha256:" + String(repeating: "0a", count: 32)

    @Test("have a host, a name, and a tag or a digest") func parts() throws {
        let tagged = try ImageReference("registry.example:5000/org/app:1.0")
        #expect(tagged.host == "registry.example:5000" && tagged.name == "org/app" && tagged.tag == "1.0")
        #expect(tagged.manifest == "1.0" && tagged.description == "registry.example:5000/org/app:1.0")
        let digested = try ImageReference("localhost/app@\(Self.digest)")
        #expect(digested.tag == nil && digested.digest == Self.digest && digested.manifest == Self.digest)
        #expect(try ImageReference("localhost/app:1@\(Self.digest)").manifest == Self.digest)
        #expect(try ImageReference("a.example/app").manifest == "latest")
        #expect(try tagged.with(tag: "2").description == "registry.example:5000/org/app:2")
    }

    @Test("are asked by plain HTTP on this machine only") func origins() throws {
        for (text, origin) in [
            ("localhost/a", "http://localhost"), ("127.0.0.1:5000/a", "http://127.0.0.1:5000"),
            ("[::1]:5000/a", "http://[::1]:5000"), ("10.0.0.1:5000/a", "https://10.0.0.1:5000"),
            ("localhost.example/a", "https://localhost.example"),
        ] { #expect(try ImageReference(text).origin == origin) }
    }

    @Test(
        "are told what is wrong with them",
        arguments: [
            "app", "app:1", "org/app:1", "a.example/", "a.example/App", "a.example/a//b", "a.example/a:",
            "a.example/a:.x",
            "a.example/a@sha256:12", "a.example/a@md5:12", "a.example/../b", "a example/b", "a.example:x/b",
            "a.example/a?b",
        ]) func invalid(text: String)
    {
        #expect(throws: RegistryError.self) { try ImageReference(text) }
    }

    @Test("Challenges are read with their quotes") func challenges() {
        let bearer = Challenge.read(
            #"Bearer realm="https://a.example/token?x=1,2",service=reg, scope="repository:a:pull,push""#)
        #expect(bearer?.scheme == "bearer" && bearer?.parameters["realm"] == "https://a.example/token?x=1,2")
        #expect(bearer?.parameters["service"] == "reg" && bearer?.parameters["scope"] == "repository:a:pull,push")
        #expect(Challenge.read(#"Basic realm="a \"b\"""#)?.parameters["realm"] == #"a "b""#)
        #expect(Challenge.read("")?.scheme == nil && Challenge.read("Basic realm")?.scheme == nil)
    }
}
