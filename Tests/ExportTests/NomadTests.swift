import Bindle
import Export
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite("Nomad")
struct NomadTests {
    private static func job(
        driver: NomadJob.Driver = .rawExec, program: NomadJob.Program? = nil,
        variables: [(name: String, value: String)] = [], secrets: [String] = []
    ) throws -> NomadJob {
        try NomadJob(
            id: "app", app: BindleID("app/1.0.0"),
            program: program
                ?? .hippoDev(.init(url: "http://h/artifacts/hippo-dev.tar.gz?sha256=aa", checksum: "sha256:aa")),
            driver: driver,
            archives: [.init(url: "http://h/artifacts/app/1.0.0.tar.gz?sha256=bb", checksum: "sha256:bb")],
            check: "/hello", variables: variables, secrets: secrets)
    }

    private static func client(
        _ nomad: NomadStandIn, token: String? = nil, namespace: String? = nil
    ) throws -> NomadClient {
        var environment = ["NOMAD_ADDR": nomad.address]
        environment["NOMAD_TOKEN"] = token
        environment["NOMAD_NAMESPACE"] = namespace
        return try NomadClient(environment: environment)
    }

    // MARK: The job

    @Test("The job in HCL, to the letter") func hcl() throws {
        var job = try Self.job(variables: [("GREETING", "a \"b\" ${x} {{y}} %{z}")], secrets: ["KEY"])
        job.datacenters = ["dc1"]
        job.count = 2
        #expect(job.hcl == Self.expectedHCL)
    }

    @Test("The job in JSON has Go's names, nanoseconds, and the zeros that differ from Nomad's defaults") func json()
        throws
    {
        let job = try #require(Self.job().json["Job"]?.object)
        #expect(job["ID"]?.string == "app" && job["Name"]?.string == "app" && job["Type"]?.string == "service")
        #expect(job["Datacenters"] == nil)
        let group = try #require(job["TaskGroups"]?.array?.first?.object)
        #expect(group["Networks"]?.array?.first?.object?.serialized == #"{"DynamicPorts":[{"Label":"http"}]}"#)
        #expect(
            group["Update"]?.object?.serialized
                == #"{"MaxParallel":1,"Canary":1,"AutoPromote":true,"AutoRevert":true,"MinHealthyTime":5000000000,"HealthyDeadline":60000000000,"ProgressDeadline":180000000000}"#
        )
        #expect(group["ReschedulePolicy"]?.object?.serialized == #"{"Attempts":0,"Unlimited":false}"#)
        let task = try #require(group["Tasks"]?.array?.first?.object)
        #expect(task["KillTimeout"]?.integer == 30_000_000_000 && task["Templates"] == nil)
        #expect(task["Env"]?.object?["TMPDIR"]?.string == "${NOMAD_ALLOC_DIR}/tmp")
        #expect(
            task["Artifacts"]?.array?.map(\.serialized) == [
                #"{"GetterSource":"http://h/artifacts/hippo-dev.tar.gz?sha256=aa","RelativeDest":"local/bin","GetterOptions":{"checksum":"sha256:aa"}}"#,
                #"{"GetterSource":"http://h/artifacts/app/1.0.0.tar.gz?sha256=bb","RelativeDest":"local/app","GetterOptions":{"checksum":"sha256:bb"}}"#,
            ])
        #expect(task["Config"]?.object?["args"]?.array?.first?.string == "wagi")
        let check = task["Services"]?.array?.first?.object?["Checks"]?.array?.first?.object
        #expect(check?["Path"]?.string == "/hello")
    }

    @Test("Without canaries nothing is promoted by itself, which Nomad would refuse") func withoutCanaries() throws {
        var job = try Self.job()
        job.canaries = 0
        #expect(!job.hcl.contains("auto_promote") && !job.hcl.contains("canary  ") && job.hcl.contains("auto_revert"))
    }

    @Test("wagi is the client's own, and a container listens at a port of its own") func others() throws {
        let wagi = try Self.job(driver: .exec, program: .wagi).hcl
        #expect(
            wagi.contains("command  = \"wagi\"") && wagi.contains("args     = [\"-c\",") && !wagi.contains("local/bin"))
        let docker = try Self.job(driver: .docker(image: "a/b:1")).hcl
        #expect(
            docker.contains("image    = \"a/b:1\"") && docker.contains("to = 3000")
                && docker.contains("\"0.0.0.0:3000\""))
    }

    @Test("Names and values that a file of variables cannot have are refused") func variables() throws {
        #expect(throws: ExportError.self) { try Self.job(variables: [("A", "b\nC=d")]) }
        #expect(throws: ExportError.self) { try Self.job(variables: [("", "b")]) }
        #expect(throws: ExportError.self) { try Self.job(secrets: ["A }}{{ B"]) }
        #expect(throws: ExportError.self) { try Self.job(secrets: ["1A"]) }
    }

    // MARK: Submitting

    /// Submits a job, and says what came of it and what was told meanwhile.
    private static func submit(
        _ job: NomadJob, to nomad: NomadStandIn, limit: Duration = .seconds(60)
    ) throws -> (outcome: NomadSubmission.Outcome, told: [String]) {
        let submission = NomadSubmission(job, to: try client(nomad))
        var told: [String] = []
        let evaluation = try submission.register(submission.plan())
        let outcome = try submission.follow(evaluation: evaluation, limit: limit) { told.append($0) }
        return (outcome, told)
    }

    @Test("A first version runs, and the next one by way of its canary; nothing new is no registration") func success()
        throws
    {
        let nomad = try NomadStandIn()
        var job = try Self.job()
        let first = try Self.submit(job, to: nomad)
        #expect(first.outcome == .runs(["http://127.0.0.1:24465/ (live)"]))
        #expect(first.told.first == "Deployment is running; 0 of 2 instances healthy")
        job.count = 3
        let second = try Self.submit(job, to: nomad)
        #expect(second.outcome == .runs(["http://127.0.0.1:24465/ (live)"]))
        #expect(second.told.contains("Deployment is running pending automatic promotion; 0 of 1 canaries healthy"))
        let plan = try NomadSubmission(job, to: Self.client(nomad)).plan()
        #expect(plan.difference.isEmpty && nomad.withState { $0.versions.count } == 2)
    }

    @Test("What would change is told in lines") func difference() throws {
        let nomad = try NomadStandIn()
        var job = try Self.job()
        _ = try Self.submit(job, to: nomad)
        job.count = 3
        let plan = try NomadSubmission(job, to: Self.client(nomad)).plan()
        #expect(
            plan.difference.lines == [
                "~ job app", "  ~ group web (1 canary, 2 ignore)", "    ~ Count: 1 → 3 (forces create)",
                "    ~ task wagi", "      ~ Check", "        ~ Interval: 5s → 10s",
            ])
    }

    @Test(
        "A failed check is told with the instance's events, its check's output and its standard error, and the revert to its end"
    )
    func failed() throws {
        let nomad = try NomadStandIn()
        var job = try Self.job()
        _ = try Self.submit(job, to: nomad)
        nomad.withState { $0.fate = .unhealthy }
        job.count = 3
        let (outcome, told) = try Self.submit(job, to: nomad)
        #expect(told.contains("going back: Deployment is running; 0 of 2 instances healthy"))
        #expect(told.last == "going back: Deployment completed successfully; 2 of 2 instances healthy")
        #expect(
            outcome
                == .failed([
                    "Failed due to unhealthy allocations - rolling back to job version 0",
                    "app.web[0] on node1: failed",
                    "  Started: Task started by client", "  Alloc Unhealthy: Task not running by deadline",
                    "  check 'answers': failure with 500", "    trap: unreachable", "    in _start",
                    "  its standard error:", "    the module ended",
                    "Now at version 2 of the job: Deployment completed successfully", "http://127.0.0.1:24465/ (live)",
                ]))
    }

    @Test(
        "A revert that fails, or is not over when the time is, is told as that",
        arguments: [
            ("failed", "It could not go back either, as version 2 of the job: Failed due to progress deadline"),
            (nil, "Not yet back, as version 2 of the job: Deployment is running; 0 of 2 instances healthy"),
        ])
    func revert(end: String?, told: String) throws {
        let nomad = try NomadStandIn()
        var job = try Self.job()
        _ = try Self.submit(job, to: nomad)
        nomad.withState { ($0.fate, $0.revert) = (.unhealthy, end) }
        job.count = 3
        guard case .failed(let lines) = try Self.submit(job, to: nomad, limit: .seconds(end == nil ? 3 : 60)).outcome
        else { return #expect(Bool(false)) }
        #expect(lines.last == told)
    }

    @Test("What has no place is told with the reason, before and after") func unplaceable() throws {
        let nomad = try NomadStandIn(.unplaceable)
        let reason = "group web: of 1 nodes none takes it: filtered by missing drivers (1)"
        #expect(try NomadSubmission(Self.job(), to: Self.client(nomad)).plan().obstacles == [reason])
        #expect(try Self.submit(Self.job(), to: nomad).outcome == .unplaceable([reason]))
    }

    @Test("A job that somebody else has registered meanwhile is left alone, and one that is overtaken is told")
    func stale() throws {
        let nomad = try NomadStandIn()
        let submission = NomadSubmission(try Self.job(), to: try Self.client(nomad))
        let plan = try submission.plan()
        _ = try Self.submit(Self.job(), to: nomad)
        let error = #expect(throws: NomadError.self) { try submission.register(plan) }
        #expect(error?.kind == .staleIndex)
        nomad.withState { $0.fate = .overtaken }
        #expect(try Self.submit(Self.job(), to: nomad).outcome == .replaced("Cancelled due to newer version of job"))
    }

    @Test("A deployment that nobody decides is given up when the time is over") func undecided() throws {
        let nomad = try NomadStandIn(.undecided)
        guard case .undecided(let lines) = try Self.submit(Self.job(), to: nomad, limit: .milliseconds(300)).outcome
        else {
            return #expect(Bool(false))
        }
        #expect(lines.first == "Deployment is running; 0 of 2 instances healthy")
    }

    @Test("A token without the right is told so, and one with it goes along, as do the namespace and the region")
    func token() throws {
        let nomad = try NomadStandIn(token: "secret")
        let job = try Self.job()
        let error = #expect(throws: NomadError.self) { try NomadSubmission(job, to: Self.client(nomad)).plan() }
        #expect(error?.kind == .notPermitted && error?.description.contains("NOMAD_TOKEN") == true)
        let client = try Self.client(nomad, token: "secret", namespace: "a b")
        _ = try NomadSubmission(job, to: client).plan()
        #expect(nomad.withState { $0.requests.last } == "POST /v1/job/app/plan?namespace=a%20b")
        let environment = [
            "NOMAD_ADDR": nomad.address, "NOMAD_TOKEN": "secret", "NOMAD_NAMESPACE": "", "NOMAD_REGION": "eu west",
        ]
        let submission = NomadSubmission(job, to: try NomadClient(environment: environment))
        let evaluation = try submission.register(submission.plan())
        guard case .runs = try submission.follow(evaluation: evaluation, limit: .seconds(60), tell: { _ in }) else {
            return #expect(Bool(false))
        }
        let requests = nomad.withState { $0.requests.dropFirst(2) }
        #expect(requests.contains("POST /v1/jobs?region=eu%20west"))
        #expect(requests.allSatisfy { $0.contains("region=eu%20west") && !$0.contains("namespace") }, "\(requests)")
    }

    @Test("A Nomad with a certificate is known by the authority of NOMAD_CACERT, and by no other") func authority()
        throws
    {
        let (ours, theirs) = (try TemporaryDirectory(), try TemporaryDirectory())
        let authority = try LocalAuthority(directory: ours.path)
        let nomad = try NomadStandIn(tls: TLSIdentity(authority: authority))
        func plan(_ file: String?) throws -> NomadSubmission.Plan {
            var environment = ["NOMAD_ADDR": nomad.address]
            environment["NOMAD_CACERT"] = file
            return try NomadSubmission(Self.job(), to: NomadClient(environment: environment)).plan()
        }
        #expect(try !plan(authority.certificateFile).difference.isEmpty)
        let stranger = try LocalAuthority(directory: theirs.path).certificateFile
        for file in [nil, stranger, ours.path + "/none.pem"] {
            let error = #expect(throws: NomadError.self) { try plan(file) }
            #expect(error?.kind == .unreachable && error?.description.contains(nomad.address) == true)
        }
        #expect(nomad.withState { $0.requests.count } == 1)
    }

    @Test("An address that is none, and one at which nobody is, are told") func unreachable() throws {
        #expect(throws: NomadError.self) { try NomadClient(environment: ["NOMAD_ADDR": "nomad"]) }
        // Nobody listens at a port that was just given back.
        let port = try ListeningSocket(binding: .loopback(port: 0)).address.port
        let client = try NomadClient(environment: ["NOMAD_ADDR": "http://127.0.0.1:\(port)"])
        let error = #expect(throws: NomadError.self) { try NomadSubmission(Self.job(), to: client).plan() }
        #expect(error?.kind == .unreachable)
        #expect(try NomadClient(environment: [:]).address.description == "http://127.0.0.1:4646/")
    }

    private static let expectedHCL = #"""
        # app/1.0.0, written by 'hippo-dev export nomad'.
        # nomad var put nomad/jobs/app KEY=…

        job "app" {
          type        = "service"
          datacenters = ["dc1"]

          constraint {
            attribute = "${attr.kernel.name}"
            operator  = "="
            value     = "linux"
          }

          group "web" {
            count = 2

            network {
              port "http" {}
            }

            update {
              max_parallel      = 1
              canary            = 1
              auto_promote      = true
              auto_revert       = true
              min_healthy_time  = "5s"
              healthy_deadline  = "60s"
              progress_deadline = "180s"
            }

            restart {
              attempts = 2
              interval = "60s"
              delay    = "5s"
              mode     = "fail"
            }

            reschedule {
              attempts  = 0
              unlimited = false
            }

            task "wagi" {
              driver         = "raw_exec"
              kill_timeout   = "30s"
              shutdown_delay = "3s"
              env            = { "TMPDIR" = "${NOMAD_ALLOC_DIR}/tmp" }

              artifact {
                source      = "http://h/artifacts/hippo-dev.tar.gz?sha256=aa"
                destination = "local/bin"

                options {
                  checksum = "sha256:aa"
                }
              }

              artifact {
                source      = "http://h/artifacts/app/1.0.0.tar.gz?sha256=bb"
                destination = "local/app"

                options {
                  checksum = "sha256:bb"
                }
              }

              template {
                destination = "secrets/modules.env"
                data        = "GREETING=a \"b\" $${x} {{\"{{\"}}y}} %%{z}\n{{ with nomadVar \"nomad/jobs/app\" }}KEY={{ .KEY }}\n{{ end }}\n"
                perms       = "0600"
                change_mode = "restart"
              }

              config {
                command  = "local/bin/hippo-dev"
                work_dir = "${NOMAD_TASK_DIR}/app"
                args     = ["wagi", "-c", "modules.toml", "--listen", "${NOMAD_ADDR_http}", "--log-dir", "${NOMAD_ALLOC_DIR}/data/modules", "--env-file", "${NOMAD_SECRETS_DIR}/modules.env"]
              }

              service {
                name        = "app"
                port        = "http"
                provider    = "nomad"
                tags        = ["live"]
                canary_tags = ["canary"]

                check {
                  name     = "answers"
                  type     = "http"
                  path     = "/hello"
                  interval = "5s"
                  timeout  = "2s"
                }
              }

              resources {
                cpu    = 200
                memory = 128
              }

              logs {
                max_files     = 3
                max_file_size = 10
              }
            }
          }
        }

        """#
}
