import Content
import WASI
extension Preopen {
    init(wwwroot: Wwwroot, content: any ContentSource, guestPath: String) { self.init(hostPath: "/x", guestPath: guestPath, access: .readOnly) }
    init(layer: TransientLayer, guestPath: String) { self.init(hostPath: "/x", guestPath: guestPath, access: .readOnly) }
}
struct TransientLayer { struct Limits { var bytes: Int }; init(over: Wwwroot, content: any ContentSource, limits: Limits) {} }
