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
        guard !state.hasCalledEffects, !hasHostHandles, let core = InstanceImage(of: state.coreInstances) else {
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
/// It is taken of the second instance: a component that is run once needs none.
final class ComponentImageCache: Sendable {
    private enum Progress {
        /// So many instances have been made without one.
        case waiting(Int)
        case taken(ComponentImage)
        /// No image can be taken, or an image would be of no use.
        case none
    }

    private let progress: Mutex<Progress>

    /// - Parameter isWorthwhile: Whether instantiation does more than what an image does.
    init(isWorthwhile: Bool) {
        progress = Mutex(isWorthwhile ? .waiting(0) : .none)
    }

    var image: ComponentImage? {
        progress.withLock { if case .taken(let image) = $0 { image } else { nil } }
    }

    /// Notes an instance that was made step by step.
    func note(_ state: ComponentState) {
        let isDue = progress.withLock { progress in
            guard case .waiting(let count) = progress else { return false }
            progress = .waiting(count + 1)
            return count == 1
        }
        guard isDue else { return }
        let image = ComponentImage(of: state)
        progress.withLock { $0 = image.map { .taken($0) } ?? .none }
    }
}
