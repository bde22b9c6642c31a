/// What the help says of hippo-dev.toml: all keys, as the JSON schema has them.
enum SettingsHelp {
    /// Lines that begin with two spaces, which help shows as they are.
    static let text = """
          [build]
          command = "make"               # as the shell takes it
          watch = ["src/*", "Makefile"]  # what it reads
          wait = true                    # as --wait-for-build
          pass-env = ["NPM_TOKEN"]       # variables that it gets though they look like secrets

          [env]
          NAME = "VALUE"                 # for the modules; so are the variables of the file .env
          KEY = "${KEY}"                 # from the environment of hippo-dev, or from .env; $$ is a dollar sign

          [files]
          exclude = ["**/*.map"]         # what HIPPOFACTS names and the bundle is not to have

          [[handler]]
          route = "/..."                 # one of HIPPOFACTS
          argv = "${SCRIPT_NAME} ${ARGS}"
          allow-outbound = ["https://example.com"]
          reuse = 100                    # requests that an instance of a component answers; 1 by default
          stub-imports = true            # as --stub-imports, for this component

          [data]
          path = "data"                  # what handlers have as /data
          max-size = "100MB"             # how much they may keep there

          [proxy]
          "/api" = "http://127.0.0.1:8000"                         # what no handler takes below /api
          "/v2" = { url = "http://127.0.0.1:8000", strip = true }  # without the prefix

          [up]                           # mostly as the options of the same names
          listen = "127.0.0.1:3000"      # or port = 3000, or port = "auto"
          bindle-listen = "127.0.0.1:8080"
          https = true                   # or tls-cert = "FILE" and tls-key = "FILE"
          bindle-http = true
          behind = "http://localhost:5173"  # a server such as Vite's, which passes requests on to this one
          allow-hosts = ["app.test"]     # as --allow-host
          allow-outbound = ["https://example.com"]
          token = false                  # as --no-token
          show-errors = true
          static = false                 # as --no-static
          reload = false                 # as --no-reload
          watch = false                  # as --no-watch
          poll = "1s"                    # as --poll-interval
          store = "bindles.sqlite"       # or ephemeral = true
          parcels = "s3://bucket/prefix" # or "dir:PATH", or "az://account/container/prefix"
          endpoint = "http://127.0.0.1:9000"  # of the service that has the parcels
          parcel-cache = "1GiB"
          own-parcels = true
          max-history = "1GiB"
          env-file = ["FILE"]
          dotenv = false                 # .env is for ${NAME} in [env] only
          allow-transient-write = true
          stub-imports = true
          timeout = "30s"
          max-memory = "512MiB"
          max-response = "1GiB"
          max-waiting = 1024             # requests that may be under way at a time
          channel-idle = "15min"         # how long a channel's process serves while nobody asks for it
          log-dir = "logs"
          log-limit = "10MiB"
          libraries = ["../library"]     # projects of external bindles, as --library
          upstream = "https://bindle.example.com/v1"
          upstream-strategy = "GreedyVerification"
          editor = "vscode"
          wagi = "PROGRAM"
        """
}
