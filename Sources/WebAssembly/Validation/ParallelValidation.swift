import Glibc
import Synchronization

extension ModuleDecoder {
    /// Validates all function bodies, on as many threads as there is work and processors for.
    ///
    /// - Throws: the error of the first function that has one, however the work was shared out.
    mutating func validateFunctionBodies() throws(ModuleError) {
        guard !parts.functionBodies.isEmpty else { return }
        let arena = ValidationArena()
        let failure: (function: Int, failure: DecodingFailure)? = withExtendedLifetime(arena) {
            let tables = makeValidationTables(in: arena)
            return parts.functionBodies.withUnsafeMutableBufferPointer { bodies in
                let work = ValidationWork(tables: tables, bodies: bodies)
                work.run()
                return work.firstFailure
            }
        }
        guard let (function, failure) = failure else { return }
        let names = LazyNames(section: parts.customSections.first { $0.name == "name" }, of: parts.binary).names
        throw ModuleError(
            kind: failure.kind, message: failure.message, offset: failure.offset, section: Section.code.name,
            functionIndex: function, functionName: names.function(function))
    }
}

/// Function bodies to be validated, handed out to threads in order.
///
/// Sendable because what threads share is atomic or under a lock.
private final class ValidationWork: @unchecked Sendable {
    /// The least number of bytes of code for which another thread pays off.
    private static let bytesPerThread = 1 << 16
    /// The number of bytes of code that a thread takes at a time, at least.
    private static let bytesPerShare = 1 << 14
    private static let maximumThreadCount = 8

    private let tables: ValidationTables
    /// Each thread writes only those of its shares.
    private let bodies: UnsafeMutableBufferPointer<FunctionBody>
    /// The first body that no thread has taken.
    private let next = Mutex(0)
    private let failure = Mutex<(body: Int, failure: DecodingFailure)?>(nil)
    /// The first body known to be invalid: bodies after it need not be validated, all before it must.
    private let firstInvalid = Atomic(Int.max)

    init(tables: ValidationTables, bodies: UnsafeMutableBufferPointer<FunctionBody>) {
        self.tables = tables
        self.bodies = bodies
    }

    var firstFailure: (function: Int, failure: DecodingFailure)? {
        failure.withLock { $0.map { ($0.body + tables.importedFunctionCount, $0.failure) } }
    }

    func run() {
        let byteCount = Int(bodies[bodies.count - 1].end) - Int(bodies[0].start)
        let processorCount = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let threadCount = min(
            processorCount, ValidationWork.maximumThreadCount, byteCount / ValidationWork.bytesPerThread)
        var threads: [pthread_t] = []
        for _ in 0..<max(0, threadCount - 1) {
            var thread = pthread_t()
            let context = Unmanaged.passRetained(self)
            let code = pthread_create(
                &thread, nil,
                { context in
                    guard let context else { return nil }
                    Unmanaged<ValidationWork>.fromOpaque(context).takeRetainedValue().validateShares()
                    return nil
                }, context.toOpaque())
            guard code == 0 else {
                // The threads there are do the work of those there are not.
                context.release()
                break
            }
            threads.append(thread)
        }
        validateShares()
        for thread in threads { pthread_join(thread, nil) }
    }

    private func takeShare() -> Range<Int>? {
        next.withLock { next in
            guard next < bodies.count else { return nil }
            let start = next
            let limit = Int(bodies[start].start) + ValidationWork.bytesPerShare
            next += 1
            while next < bodies.count, bodies[next].end <= limit { next += 1 }
            return start..<next
        }
    }

    private func validateShares() {
        var validator = FunctionValidator(tables)
        while let share = takeShare() {
            guard share.lowerBound < firstInvalid.load(ordering: .relaxed) else { return }
            for index in share {
                do throws(DecodingFailure) {
                    bodies[index] = try validator.validate(bodies[index], of: index + tables.importedFunctionCount)
                } catch {
                    report(error, of: index)
                    break
                }
            }
        }
    }

    private func report(_ error: DecodingFailure, of body: Int) {
        failure.withLock { failure in
            if let failure, failure.body < body { return }
            failure = (body, error)
        }
        _ = firstInvalid.min(body, ordering: .relaxed)
    }
}
