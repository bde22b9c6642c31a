import Foundation
import TestSupport
import Testing

/// Names of files, whatever bytes they are made of, from the disk to the answer.
@Suite("Names from the disk to the answer", .timeLimit(.minutes(2)))
struct NameTests {
    @Test("Backslashes, control characters, both spellings of a letter and deep paths are served, saved and removed")
    func strangeNames() async throws {
        let app = try SmallApp()
        // Paths by system calls: a URL of Foundation's has its own ideas of some of these names.
        let deep = String(repeating: "d/", count: 70) + "deep"
        let names = [
            ("a\\b", "/assets/a%5Cb"), ("line\nbreak", "/assets/line%0Abreak"), ("\u{1}", "/assets/%01"),
            ("\u{E9}", "/assets/%C3%A9"), ("e\u{301}", "/assets/e%CC%81"), ("100%", "/assets/100%25"),
            (deep, "/assets/\(deep)"),
        ]
        func write(_ text: String, to name: String) throws {
            var directory = app.path + "/assets"
            for component in name.utf8.split(separator: UInt8(ascii: "/")).dropLast() {
                directory += "/" + String(decoding: component, as: UTF8.self)
                mkdir(directory, 0o755)
            }
            let path = "\(app.path)/assets/\(name)"
            let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            try #require(descriptor >= 0)
            _ = Array(text.utf8).withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            close(descriptor)
        }
        try app.save(
            """
            [bindle]
            name = "small"
            version = "1.2.3"

            [[handler]]
            name = "hello.wat"
            route = "/hello"
            files = ["assets/**/*"]
            """, to: "HIPPOFACTS")
        for (number, (name, _)) in names.enumerated() { try write("content \(number)", to: name) }
        let sandbox = try SandboxProcess(app.path)
        let url = String(try #require(try await sandbox.next("ready")["app"]?.string).dropLast())
        for (number, (name, target)) in names.enumerated() {
            #expect(try get(url + target) == Answer(status: 200, body: "content \(number)"), "\(name.debugDescription)")
        }
        for (number, (name, target)) in names.enumerated() {
            try write("changed \(number)", to: name)
            let deadline = ContinuousClock.now + SandboxProcess.patience
            while try get(url + target).body != "changed \(number)", .now < deadline {
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(try get(url + target).body == "changed \(number)", "\(name.debugDescription)")
        }
        #expect(unlink("\(app.path)/assets/\u{E9}") == 0)
        let deadline = ContinuousClock.now + SandboxProcess.patience
        while try get(url + "/assets/%C3%A9").status != 404, .now < deadline {
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(try get(url + "/assets/%C3%A9").status == 404)
        #expect(try get(url + "/assets/e%CC%81").body == "changed 4")
    }
}
