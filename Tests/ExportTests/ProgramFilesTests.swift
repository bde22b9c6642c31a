import Foundation
import Testing

@testable import Export

@Suite("The program's files")
struct ProgramFilesTests {
    @Test("The libraries of this process are found, with the loader and the libraries of libraries") func found() throws
    {
        let files = try ProgramFiles()
        #expect(files.directLibraries.contains("libc.so.6"))
        let names = files.libraries.map(\.name)
        #expect(names == names.sorted() && Set(names).isSuperset(of: ["libc.so.6", "libm.so.6"]))
        for path in files.libraries.map(\.path) + [try #require(files.interpreter)] {
            #expect(FileManager.default.fileExists(atPath: path), "\(path)")
        }
    }

    @Test("What is no program is told by name") func others() throws {
        let error = #expect(throws: ExportError.self) { try ELFFile(path: "/etc/passwd") }
        #expect(error?.description.contains("/etc/passwd") == true)
    }
}
