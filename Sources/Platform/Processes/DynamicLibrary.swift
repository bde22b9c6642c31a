/// A library that is loaded when it is first needed, and stays. Linked ones would make every start of the program slower.
package struct DynamicLibrary {
    /// Why there is no library, or none that is of use.
    package struct LoadError: Error, Hashable, Sendable, CustomStringConvertible {
        package let problem: String

        package init(problem: String) { self.problem = problem }

        package var description: String { problem }
    }

    private let handle: UnsafeMutableRawPointer
    private let name: String

    /// Loads the first library that there is.
    ///
    /// - Parameters:
    ///   - names: the files' names, the best first.
    ///   - advice: what to install if there is none of them.
    package init(_ names: [String], advice: String) throws(LoadError) {
        for name in names {
            guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else { continue }
            self.handle = handle
            self.name = name
            return
        }
        throw LoadError(problem: "\(names[0]) cannot be loaded; \(advice)")
    }

    /// A function of the library, or of one that it has loaded itself. Its type has to be the one that C knows.
    package func function<Function>(_ symbol: String) throws(LoadError) -> Function {
        guard let found = dlsym(handle, symbol) else {
            throw LoadError(problem: "\(name) lacks the function \(symbol)")
        }
        return unsafeBitCast(found, to: Function.self)
    }
}
