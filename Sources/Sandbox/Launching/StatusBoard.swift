import SandboxProtocol

/// What pages are told of the project.
///
/// See Handover.md in Sandbox.docc.
struct StatusBoard: Sendable {
    private(set) var status: ProjectStatus
    /// The status's serial number when it last got a problem.
    private var problemSerial = 0
    /// What is wrong with the build, until one ends well, whatever serves meanwhile.
    private var buildProblem: ProjectStatus.Problem?

    init(_ status: ProjectStatus) {
        self.status = status
    }

    /// Changes the status.
    ///
    /// - Returns: whether there is something new to be told.
    mutating func update(_ change: (inout ProjectStatus) -> Void) -> Bool {
        var new = status
        change(&new)
        guard new != status else { return false }
        new.serial += 1
        if new.problem != status.problem { problemSerial = new.serial }
        status = new
        return true
    }

    /// Something has gone wrong, and no build runs any more.
    ///
    /// - Returns: whether there is something new to be told.
    mutating func fail(_ problem: ProjectStatus.Problem) -> Bool {
        if problem.stage == Failure.Stage.build.rawValue { buildProblem = problem }
        return update { status in
            status.problem = problem
            status.isBuilding = false
        }
    }

    /// A build has ended well after one had failed.
    ///
    /// - Returns: whether there is something new to be told.
    mutating func mendBuild() -> Bool {
        buildProblem = nil
        return update { status in
            if status.problem?.stage == Failure.Stage.build.rawValue { status.problem = nil }
        }
    }

    /// A revision serves that was made of the project, or brought back.
    ///
    /// - Parameters:
    ///   - styleSheets: those in which it differs from the one before, if it differs in nothing else.
    ///   - serial: the status's serial number when it began to be loaded.
    mutating func serve(revision: Int, styleSheets: [String]?, loadedSince serial: Int) {
        status.serial += 1
        // What has gone wrong since the load began is no matter of this revision.
        let problem = problemSerial > serial ? status.problem : buildProblem
        status.serve(.init(revision: revision, styleSheets: styleSheets))
        status.problem = problem
    }

    /// A revision serves again that has served before.
    mutating func serveAgain(revision: Int) {
        status.serial += 1
        status.revision = revision
    }
}
