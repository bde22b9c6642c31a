import Foundation
import TOML
import TestSupport
import Testing

@Suite("Conformance data")
struct ConformanceDataTests {
    /// Tests that lack their data are skipped, which nobody notices: `.ci/run` requires it.
    @Test("The conformance data is there where HIPPO_REQUIRE_DATA says that it has to be")
    func requiredData() {
        let isRequired = ProcessInfo.processInfo.environment["HIPPO_REQUIRE_DATA"] == "1"
        #expect(TestData.isAvailable || !isRequired, "\(TestData.absence)")
    }
}

/// The TOML 1.0 conformance suite: valid documents against their values as tagged JSON, and invalid ones.
@Suite(.enabled(if: TestData.isAvailable, "\(TestData.absence)"))
struct ConformanceTests {
    @Test("Valid documents have their values") func validDocumentsHaveTheirValues() throws {
        let files = try documents(in: "toml/valid")
        #expect(files.count > 150)
        for file in files {
            do {
                let table = try TOMLTable(parsing: Data(contentsOf: file))
                let expected = try JSONSerialization.jsonObject(
                    with: Data(contentsOf: file.deletingPathExtension().appendingPathExtension("json")))
                #expect(matches(TOMLValue(table), expected), "\(file.path)\n\(table)")
            } catch {
                Issue.record("\(file.path): \(error)")
            }
        }
    }

    @Test("Invalid documents are refused") func invalidDocumentsAreRefused() throws {
        let files = try documents(in: "toml/invalid")
        #expect(files.count > 300)
        for file in files {
            let bytes = try Data(contentsOf: file)
            #expect(throws: TOMLError.self, "\(file.path)") { try TOMLTable(parsing: bytes) }
        }
    }

    @Test("What is written is read back as the same") func whatIsWrittenIsReadBackAsTheSame() throws {
        for file in try documents(in: "toml/valid") {
            guard let table = try? TOMLTable(parsing: Data(contentsOf: file)) else { continue }
            let again = try TOMLTable(parsing: table.serialized())
            #expect(again.serialized() == table.serialized(), "\(file.path)")
            let expected = try JSONSerialization.jsonObject(
                with: Data(contentsOf: file.deletingPathExtension().appendingPathExtension("json")))
            #expect(matches(TOMLValue(again), expected), "\(file.path)\n\(table)")
        }
    }

    private func documents(in folder: String) throws -> [URL] {
        let root = try #require(TestData.directory).appendingPathComponent(folder)
        let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
        return files.compactMap { $0 as? URL }.filter { $0.pathExtension == "toml" }
    }

    private func matches(_ value: TOMLValue, _ expected: Any) -> Bool {
        if let elements = expected as? [Any] {
            guard let array = value.array, array.count == elements.count else { return false }
            return zip(array, elements).allSatisfy { matches($0, $1) }
        }
        guard let object = expected as? [String: Any] else { return false }
        if object.count == 2, let type = object["type"] as? String, let text = object["value"] as? String {
            return matches(value, type: type, text: text)
        }
        guard let table = value.table, table.count == object.count else { return false }
        return table.entries.allSatisfy { entry in object[entry.key].map { matches(entry.value, $0) } ?? false }
    }

    private func matches(_ value: TOMLValue, type: String, text: String) -> Bool {
        switch (type, value.kind) {
        case ("string", .string(let string)): string == text
        case ("integer", .integer(let integer)): String(integer) == text
        case ("float", .float(let float)):
            text.hasSuffix("nan") ? float.isNaN : Double(text).map { $0 == float && $0.sign == float.sign } ?? false
        case ("bool", .boolean(let boolean)): String(boolean) == text
        case ("datetime", .offsetDateTime(let value)): value.description == text
        case ("datetime-local", .localDateTime(let value)): value.description == text
        case ("date-local", .localDate(let value)): value.description == text
        case ("time-local", .localTime(let value)): value.description == text
        default: false
        }
    }
}
