import Foundation
import WebAssembly
import WebAssemblyText

/// Tells what the validator says of each file of a corpus, for a comparison with other validators.
enum Verdicts {
    static func print(of corpora: [String]) throws {
        for file in try CorpusFiles.list(corpora) {
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
            do {
                _ = try Module(bytes: bytes)
                Swift.print("\(file)\tvalid")
            } catch {
                Swift.print("\(file)\t\(error)")
            }
        }
    }
}
