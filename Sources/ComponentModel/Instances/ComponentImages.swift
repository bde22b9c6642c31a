import Synchronization
import WebAssemblyRuntime

/// Whether the instances of a component are made from an image, and that image.
///
/// The first instance is made by the component's steps. Making an image costs about as much as that, so it is taken when
/// there is a second one. It stands for all later instances if nothing has shown outside meanwhile that there is one, and if
/// nothing could have come out in another way: see ``ComponentInstance/isRepeatable``.
final class ComponentImages: Sendable {
    /// How the next instance is made.
    enum Way {
        case steps
        /// By the steps, and then there is to be an image of it.
        case stepsAndImage
        case image(InstanceImage)
    }

    private final class Outcome: Sendable {
        /// `nil` where there can be none.
        let image: InstanceImage?

        init(_ image: InstanceImage?) {
            self.image = image
        }
    }

    private enum Progress {
        case unused, used, isTaken
    }

    private let progress = Mutex(Progress.unused)
    /// Set once. Every instance looks at it, on whatever thread, so that it must not need a lock.
    private let outcome = AtomicLazyReference<Outcome>()

    func next() -> Way {
        if let outcome = outcome.load() { return outcome.image.map { .image($0) } ?? .steps }
        return progress.withLock { progress in
            switch progress {
            case .unused:
                progress = .used
                return .steps
            case .used:
                progress = .isTaken
                return .stepsAndImage
            case .isTaken: return .steps
            }
        }
    }

    /// Takes an image of an instance that was just made, if it may be.
    func take(_ instance: ComponentInstance) {
        _ = outcome.storeIfNil(
            Outcome(instance.isRepeatable ? InstanceImage(of: instance.coreInstances) : nil))
    }

    /// Gives the task of taking an image back: the instance could not be made.
    func giveUp() { progress.withLock { $0 = .used } }
}
