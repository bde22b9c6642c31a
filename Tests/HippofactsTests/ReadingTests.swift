import Bindle
import Content
import Foundation
import Hippofacts
import Testing
import TestSupport
import TOML

/// Finding a HIPPOFACTS file and reading it.
struct ReadingTests {
    // MARK: Finding

    @Test(
        "A directory is looked through for its file",
        arguments: [
            "HIPPOFACTS", "hippofacts", "Hippofacts", "HIPPOFACTS.toml", "hippofacts.toml", "Hippofacts.toml",
        ])
    func aDirectoryIsLookedThroughForItsFile(name: String) throws {
        let directory = try TemporaryDirectory()
        try directory.write(minimal, to: name)
        #expect(try Hippofacts.find(at: directory.path) == "\(directory.path)/\(name)")
        #expect(try Hippofacts.find(at: "\(directory.path)/\(name)") == "\(directory.path)/\(name)")
    }

    @Test("A directory without the file is an error that names what makes one")
    func aDirectoryWithoutTheFileIsAnErrorThatNamesWhatMakesOne() throws {
        let directory = try TemporaryDirectory()
        let error = try #require(throws: HippofactsError.self) { try Hippofacts.find(at: directory.path) }
        #expect(error.message.contains("'hippo-dev init' writes one"))
    }

    @Test("More than one file is an error that tells to pass one") func moreThanOneFileIsAnErrorThatTellsToPassOne()
        throws
    {
        let directory = try TemporaryDirectory()
        try directory.write(minimal, to: "HIPPOFACTS")
        try directory.write(minimal, to: "hippofacts.toml")
        let error = try #require(throws: HippofactsError.self) { try Hippofacts.find(at: directory.path) }
        #expect(error.message.contains("HIPPOFACTS, hippofacts.toml"))
        #expect(error.message.contains("pass the path"))
    }

    @Test("Variants that are one file count once") func variantsThatAreOneFileCountOnce() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(minimal, to: "HIPPOFACTS")
        try FileManager.default.linkItem(
            at: file, to: file.deletingLastPathComponent().appendingPathComponent("hippofacts"))
        #expect(try Hippofacts.find(at: directory.path).hasSuffix("/HIPPOFACTS"))
    }

    @Test("A path that is not there is an error") func aPathThatIsNotThereIsAnError() {
        #expect(throws: HippofactsError.self) { try Hippofacts.find(at: "/nowhere/at/all") }
    }

    @Test(
        "A lone module is a bindle of its own",
        arguments: [("penguin.wasm", "penguin"), ("a b.c.wat", "a-b.c"), (".wasm", "module")])
    func aLoneModuleIsABindleOfItsOwn(fileName: String, name: String) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("", to: fileName)
        let facts = try Hippofacts(at: file.path)
        #expect(facts.name == name)
        #expect(facts.version == .exact(SemanticVersion(0, 1, 0)))
        #expect(facts.entries.map(\.role) == [.handler(route: "/...")])
        #expect(try facts.entries.map(\.module) == [.local(path: RelativePath(fileName))])
    }

    // MARK: Reading

    private let minimal = """
        [bindle]
        name = "x"
        version = "1.0.0"
        [[handler]]
        name = "x.wasm"
        route = "/"
        """

    @Test("Everything that a file can say") func everythingThatAFileCanSay() throws {
        let facts = try read(
            """
            [[export]]
            name = "lib/a.wasm"
            id = "first"
            [bindle]
            name = "birds/on-demand"
            version = "1.2.3-beta+7"
            description = "provides birds"
            authors = ["Joan", "Ann"]
            [annotations]
            colour = "blue"
            [[handler]]
            route = "/birds"
            name = "./bin//penguin.wasm"
            entrypoint = "serve"
            files = ["a/*.png", "b/**/*"]
            [[handler]]
            route = "/files/..."
            external.bindleId = "deislabs/fileserver/1.0.3"
            external.handlerId = "static"
            """)
        #expect(facts.name == "birds/on-demand")
        #expect(facts.version.description == "1.2.3-beta+7")
        #expect(facts.description == "provides birds")
        #expect(facts.authors == ["Joan", "Ann"])
        #expect(facts.annotations == ["colour": "blue"])
        // Handlers come before exports.
        #expect(
            facts.entries.map(\.role) == [
                .handler(route: "/birds"), .handler(route: "/files/..."), .export(id: "first"),
            ])
        let fileserver = try BindleID("deislabs/fileserver/1.0.3")
        #expect(
            facts.entries.map(\.module) == [
                .local(path: try RelativePath("bin/penguin.wasm")), .external(bindle: fileserver, handler: "static"),
                .local(path: try RelativePath("lib/a.wasm")),
            ])
        #expect(facts.entries[0].entrypoint == "serve")
        #expect(facts.entries[0].files.map(\.glob.description) == ["a/*.png", "b/**/*"])
    }

    private static let bindle = "[bindle]\nname = \"x\"\nversion = \"1.0.0\"\n"

    @Test(
        "A mistake is reported where it stands",
        arguments: [
            (
                "[bindle]\nname = \"x\"\nversion = \"1.2.3.4\"", 3, 11,
                "Version 1.2.3.4 is not a valid semantic version (e.g. 1.2.3)"
            ),
            ("[bindle]\nversion = \"1.2.3\"", 1, 2, "[bindle] has no 'name'"),
            ("[bindle]\nname = \"a b\"\nversion = \"1.2.3\"", 2, 8, "'a b' is not a bindle's name"),
            ("[[handler]]\nroute = \"/\"", 1, 1, "there is no [bindle] table"),
            ("[bindel]\nname = \"x\"", 1, 2, "the bindle's name and version: did you mean it by 'bindel'?"),
            (bindle, 1, 1, "no handlers defined"),
            (bindle + "licence = \"MIT\"", 4, 1, "unknown key 'licence' in [bindle]"),
            (bindle + "[[handlers]]", 4, 3, "unknown key 'handlers' in the file"),
            (bindle + "[annotations]\na = 1", 5, 5, "'annotations.a' has to be a string"),
            (bindle + "[[handler]]\nroute = \"/\"", 4, 3, "a handler needs 'name'"),
            (bindle + "[[handler]]\nname = \"a\"", 4, 3, "[[handler]] has no 'route'"),
            (
                bindle + "[[handler]]\nname = \"a\"\nrout = \"/\"", 6, 1,
                "[[handler]] has no 'route': did you mean it by 'rout'?"
            ),
            (bindle + "[[handler]]\nname = \"a\"\nroute = \"/\"\nfile = []", 7, 1, "unknown key 'file' in [[handler]]"),
            (bindle + "[[handler]]\nname = \"a\"\nroute = \"/\"\nexternal.bindleId = \"a/1.0.0\"", 7, 1, "not both"),
            (bindle + "[[handler]]\nroute = \"/\"\nexternal.bindleId = \"a/1.0.0\"", 6, 1, "has no 'handlerId'"),
            (
                bindle + "[[handler]]\nroute = \"/\"\nexternal.bindleId = \"a\"\nexternal.handlerId = \"b\"", 6, 21,
                "Invalid bindle ID 'a'"
            ),
            (
                bindle
                    + "[[handler]]\nroute = \"/\"\nexternal = { bindleId = \"a/1.0.0\", handlerId = \"b\" }\n"
                    + "entrypoint = \"c\"",
                7, 1, "cannot have an 'entrypoint'"
            ),
            (
                bindle
                    + "[[handler]]\nroute = \"/\"\nname = \"a.wasm\"\n[[export]]\nid = \"x\"\nname = \"b/../../a.wasm\"",
                9,
                8, "'../a.wasm' and 'a.wasm' would both be called 'a.wasm' in the bundle"
            ),
            (bindle + "[[handler]]\nroute = \"/\"\nname = \"a\"\nfiles = [\"!b\"]", 7, 10, "exclude = [...]"),
            (
                bindle + "[[handler]]\nruote = \"/\"\nroute = \"/\"\nname = \"a\"", 5, 1,
                "unknown key 'ruote' in [[handler]]: did you mean 'route'? It can have route"
            ),
            (bindle + "[[handler]]\nroute = \"/\"\nname = \"/a.wasm\"", 6, 8, "absolute path"),
            (bindle + "[[handler]]\nroute = \"/\"\nname = \"a/\"", 6, 8, "does not name a file"),
            (
                bindle + "[[handler]]\nroute = \"/\"\nname = \"a\"\nfiles = [\"a\",\n \"../b\"]", 8, 2,
                "'..' would leave the project"
            ),
            (bindle + "[[handler]]\nroute = \"/\"\nname = \"a\"\nfiles = [\"/b\"]", 7, 10, "begins with '/'"),
            (bindle + "[[export]]\nname = \"a\"", 4, 3, "[[export]] has no 'id'"),
            (bindle + "[[export]]\nname = \"a\"\nid = \"b\"\nroute = \"/\"", 7, 1, "unknown key 'route' in [[export]]"),
            ("[bindle\n", 1, 8, "a table's header is expected to end"),
        ])
    func aMistakeIsReportedWhereItStands(text: String, line: Int, column: Int, message: String) throws {
        let error = try #require(throws: HippofactsError.self) { try read(text) }
        #expect(error.message.contains(message))
        #expect(error.position == SourcePosition(line: line, column: column))
        #expect(error.description.hasPrefix("/p/HIPPOFACTS:\(line):\(column): "))
        #expect(error.description.hasSuffix("^"))
    }

    @Test("What is wrong with a handler is told where its module is named, or the bundle that it comes from")
    func errorInHandler() throws {
        let facts = try read(
            Self.bindle + "[[handler]]\nroute = \"/a\"\nname = \"a.wasm\"\n[[handler]]\nroute = \"/b/...\"\n"
                + "external = { bindleId = \"b/1.0.0\", handlerId = \"c\" }\n")
        let error = try #require(facts.error("wrong", inHandlerFor: "/a"))
        #expect(error.description.hasPrefix("/p/HIPPOFACTS:6:8: wrong\n") && error.description.hasSuffix("^"))
        #expect(facts.error("wrong", inHandlerFor: "/b/...")?.position?.line == 9)
        #expect(facts.error("wrong", inHandlerFor: "/c") == nil)
        let directory = try TemporaryDirectory()
        let module = try Hippofacts(at: directory.write("", to: "m.wasm").path)
        #expect(module.error("wrong", inHandlerFor: "/...") == nil)
    }

    private func read(_ text: String) throws -> Hippofacts {
        try Hippofacts(parsing: Array(text.utf8), file: "/p/HIPPOFACTS")
    }
}
