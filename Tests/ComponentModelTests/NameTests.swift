import ComponentModel
import Testing

@Suite struct NameTests {
    /// A component with a resource type `foo`, and functions of these names that are such members of it.
    private func component(importing names: [String]) -> ComponentBytes {
        var component = ComponentBytes()
        component.types([0x40, 0x00, 0x01, 0x00])
        component.imports([("foo", [0x03, 0x01])])
        // 2: own, 3: borrow, 4: the constructor's type, 5: a method's.
        component.types(
            [0x69, 0x01], [0x68, 0x01], [0x40, 0x00, 0x00, 0x02],
            [0x40, 0x01] + ComponentBytes.name("self") + [0x03, 0x01, 0x00])
        component.imports(
            names.map { name in
                let type: UInt8 = name.hasPrefix("[constructor]") ? 4 : name.hasPrefix("[method]") ? 5 : 0
                return (name, [0x01, type])
            })
        return component
    }

    private static let unique = ["foo-bar", "[constructor]foo", "[method]foo.bar", "[static]foo.baz", "foo:bar/baz"]

    @Test("Names that can be told apart in all languages are strongly unique")
    func stronglyUnique() {
        #expect(component(importing: Self.unique).error == nil)
    }

    @Test(
        "Names that differ in case, annotation or the repetition of the resource's name only are not strongly unique",
        arguments: [
            "foo", "FOO", "foo-BAR", "[constructor]foo", "[method]foo.BAR", "[static]foo.bar", "[method]foo.baz",
            "[method]foo.foo", "[static]foo.FOO", "foo:bar/BAZ",
        ])
    func notStronglyUnique(name: String) {
        let error = component(importing: Self.unique + [name]).error
        #expect(error?.kind == .invalid)
        #expect(error?.message.contains("conflicts with previous name") == true, "\(error?.message ?? "")")
    }

    @Test(
        "Labels in kebab case are names",
        arguments: [
            "a", "a-b-c", "a1-2-3", "A", "A-B-C", "A1-2-3", "a11-w0rds", "A11-4CR0NYMS", "m1x3d-4CR0NYMS", "is-XML",
            "a:b/c", "ns-1-a:b-1-c/D-2", "a:b/c@0.0.0", "a:b/c@1.2.3-rc.1+build.007", "a:b/c@1.0.0--",
        ])
    func kebab(name: String) {
        #expect(component(importing: [name]).error == nil)
    }

    @Test(
        "What is not in kebab case is no name",
        arguments: [
            "", "1-2-3", "-a", "a-", "a--b", "aB", "Ab", "a_b", "a b", "ä", "a.b", "a/b", "[method]foo", "[method]foo.",
            "[async]foo", "[constructor]", "A:b/c", "a:B/c", "a:b", "a:b/", "a:b/c@", "a:b/c@1", "a:b/c@1.2",
            "a:b/c@01.2.3", "a:b/c@1.2.3-01", "a:b/c@1.2.3.4", "a:b/c@1.2.3-", "a:b/c@1.2.3+a..b",
            "a:b/c@99999999999999999999.0.0", "a:b:c/d", "a:b/c/d", "a:b\u{301}/c", "\u{212A}",
        ])
    func notKebab(name: String) {
        let error = component(importing: [name]).error
        #expect(error?.kind == .invalid)
        #expect(error?.message.contains("is not a valid extern name") == true, "\(error?.message ?? "")")
        #expect(error?.place == ["the import section"])
    }
}
