import Hippofacts

extension Failure {
    /// What is wrong with a project's HIPPOFACTS, or with a file that it names.
    init(_ stage: Stage, _ error: HippofactsError, in project: Project) {
        self.init(
            stage: stage, message: error.message + (error.excerpt.map { "\n" + $0 } ?? ""),
            file: project.relative(error.file), line: error.position?.line, column: error.position?.column)
    }
}
