import Platform

extension ProjectDescription {
    /// `.github/workflows/release.yml`: builds and pushes what is tagged.
    package var releaseWorkflow: ScaffoldFile {
        var steps = toolchain.workflowSteps
        if let build { steps += "\n      - name: Build\n        run: \(yaml(build.command))\n" }
        return ScaffoldFile(
            ".github/workflows/release.yml",
            """
            # Publishes each version that is tagged, such as v1.2.3. The repository's settings hold:
            #   the variable HIPPO_DEV_URL: where hippo-dev for Linux is to be had, a program in one file
            #   the variable BINDLE_URL: the Bindle server, /v1 included
            #   the secrets BINDLE_USERNAME and BINDLE_PASSWORD, if the server asks for them
            name: Release

            on:
              push:
                tags: ["v*"]

            permissions:
              contents: read

            jobs:
              release:
                runs-on: ubuntu-latest
                steps:
                  - uses: actions/checkout@v4

                  - name: Compare the tag with the version in HIPPOFACTS
                    run: |
                      version=$(sed -n 's/^version *= *"\\(.*\\)"/\\1/p' HIPPOFACTS | head -n 1)
                      if [ "v$version" != "$GITHUB_REF_NAME" ]; then
                        echo "::error file=HIPPOFACTS::The version is $version, and the tag $GITHUB_REF_NAME"
                        exit 1
                      fi

                  - name: Install hippo-dev
                    run: |
                      mkdir -p "$RUNNER_TEMP/bin"
                      curl --fail --location --silent --show-error --output "$RUNNER_TEMP/bin/hippo-dev" "$URL"
                      chmod +x "$RUNNER_TEMP/bin/hippo-dev"
                      echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"
                    env:
                      URL: ${{ vars.HIPPO_DEV_URL }}

            \(steps)
                  - name: Check
                    run: hippo-dev check

                  - name: Push
                    run: hippo-dev push -v production
                    env:
                      BINDLE_URL: ${{ vars.BINDLE_URL }}
                      BINDLE_USERNAME: ${{ secrets.BINDLE_USERNAME }}
                      BINDLE_PASSWORD: ${{ secrets.BINDLE_PASSWORD }}

            """.replacing("\n\n\n", with: "\n\n").replacing("\n\n\n", with: "\n\n"))
    }
}

/// Text as a scalar of YAML on one line.
private func yaml(_ text: String) -> String {
    "'" + text.replacing("'", with: "''") + "'"
}
