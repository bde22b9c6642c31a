/// The program that installs what package.json names, told by the file that it keeps versions in.
enum NodePackageManager {
    case npm(hasLock: Bool)
    case yarn
    case pnpm

    /// - Parameter exists: whether the project has a file.
    init(_ exists: (String) -> Bool) {
        if exists("pnpm-lock.yaml") {
            self = .pnpm
        } else if exists("yarn.lock") {
            self = .yarn
        } else {
            self = .npm(hasLock: exists("package-lock.json") || exists("npm-shrinkwrap.json"))
        }
    }

    var name: String {
        switch self {
        case .npm: "npm"
        case .yarn: "yarn"
        case .pnpm: "pnpm"
        }
    }

    /// The command that installs just what the file says; npm makes the file where there is none.
    var installation: String {
        switch self {
        case .npm(let hasLock): hasLock ? "npm ci" : "npm install"
        case .yarn: "yarn install --frozen-lockfile"
        case .pnpm: "pnpm install --frozen-lockfile"
        }
    }
}
