// Fuzzing TARGET [options of libFuzzer] [CORPUS…]  looks for inputs that break a target
// Fuzzing seeds DIRECTORY                          writes first inputs, from the conformance data, a folder per target
// Fuzzing cases DIRECTORY CORPUS…                  writes the executor's modules and what they do, for other engines
// Fuzzing verdicts CORPUS…                         tells of each file whether it is a valid module

import Foundation

/// libFuzzer, as a library.
@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
    _ argumentCount: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data("error: \(message)\n".utf8))
    exit(2)
}

do {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch arguments.first {
    case "seeds"? where arguments.count == 2: try SeedCorpus.write(to: arguments[1])
    case "cases"? where arguments.count >= 3: try ExecutorCases.write(to: arguments[1], from: Array(arguments[2...]))
    case "verdicts"? where arguments.count >= 2: try Verdicts.print(of: Array(arguments[1...]))
    case let name? where FuzzTarget(rawValue: name) != nil:
        guard let target = FuzzTarget(rawValue: name) else { fatalError("a target that was just found") }
        // The fuzzer must not see the target's name; its own is the program's.
        var count = CommandLine.argc - 1
        var remaining = CommandLine.unsafeArgv + 1
        remaining[0] = CommandLine.unsafeArgv[0]
        exit(runFuzzer(&count, &remaining, target.test))
    default: fail("the first argument is seeds, cases, verdicts, or one of \(FuzzTarget.names)")
    }
} catch {
    fail("\(error)")
}
