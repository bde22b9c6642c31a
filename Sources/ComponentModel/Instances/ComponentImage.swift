import Synchronization
import WebAssemblyRuntime

/// What an instance of a component has when it has just been made, to make others of at once.
struct ComponentImage: Sendable {
    private let core: InstanceImage
    private let instances: [ComponentState.Instance]

    /// Takes an image of an instance that no guest has been called in yet.
    ///
    /// - Returns: nil if the next one might come out in another way, or refers to what the host has for this one alone.
    init?(of state: ComponentState) {
        let hasHostHandles = state.instances.contains { instance in
            instance.handles.contains { state.resources[Int($0)].type.drop != nil }
        }
        guard state.effects != .called, !hasHostHandles, let core = InstanceImage(of: state.coreInstances) else {
            return nil
        }
        self.core = core
        instances = state.instances
    }

    /// Has a new state begin with what the image has.
    func restore(in state: ComponentState) throws(Trap) {
        state.coreInstances = try core.instantiate(in: state.store)
        state.instances = instances
    }
}

/// The image of a component's instances, if it has one.
///
/// Instances that are made while it is being taken do without it: nobody waits.
final class ComponentImageCache: Sendable {
    private enum Progress {
        /// No instance was made yet: a component that is run once needs no image.
        case unused
        /// An instance was made, and might have been made of an image.
        case due
        /// Somebody takes it.
        case inWork
        case taken(ComponentImage)
        /// No image can be taken, or an image would be of no use.
        case none
    }

    /// Beside what `progress` says, so that instances of small components need no lock.
    private let isWorthwhile: Bool
    private let progress: Mutex<Progress>

    /// - Parameter isWorthwhile: Whether instantiation does more than what an image does.
    init(isWorthwhile: Bool) {
        self.isWorthwhile = isWorthwhile
        progress = Mutex(isWorthwhile ? .unused : .none)
    }

    var image: ComponentImage? {
        guard isWorthwhile else { return nil }
        return progress.withLock { if case .taken(let image) = $0 { image } else { nil } }
    }

    /// Notes an instance that was made step by step.
    func note(isRepeatable: Bool) {
        guard isWorthwhile else { return }
        progress.withLock { progress in
            if case .unused = progress { progress = isRepeatable ? .due : .none }
        }
    }

    /// Whether the image is to be taken, by whoever asks: nobody else is told so.
    func claim() -> Bool {
        guard isWorthwhile else { return false }
        return progress.withLock { progress in
            guard case .due = progress else { return false }
            progress = .inWork
            return true
        }
    }

    /// Gives the image to later instances; nil if there can be none.
    func settle(_ image: ComponentImage?) {
        progress.withLock { $0 = image.map { .taken($0) } ?? .none }
    }
}
