import Platform

extension ProjectDescription {
    /// `.github/workflows/hippo-dev.yml`: builds, checks and tests what is pushed, and publishes what is tagged.
    ///
    /// The runner's image and the actions have fixed versions, those of 2026.
    package var workflow: ScaffoldFile {
        var steps = toolchain.workflowSteps
        // What was built and checked is what is tested and published.
        let noBuild = build == nil ? "" : " --no-build"
        if let build { steps += "\n      - name: Build\n        run: \(yaml(build.command))\n" }
        return ScaffoldFile(
            ".github/workflows/hippo-dev.yml",
            """
            # Checks and tests what is pushed, and publishes each version that is tagged, such as v1.2.3.
            #
            # The repository's settings hold where hippo-dev comes from, in one of two ways:
            #   the variables HIPPO_DEV_URL and HIPPO_DEV_SHA256: the program for Linux in one file, and its digest
            #   the variables HIPPO_DEV_SOURCE and HIPPO_DEV_COMMIT: its Git repository, and the commit to build and to cache
            # and where versions go to:
            #   the variable BINDLE_URL: the Bindle server, /v1 included
            #   the secrets BINDLE_USERNAME and BINDLE_PASSWORD, if the server asks for them
            name: hippo-dev

            on:
              push:
                branches: ["**"]
                tags: ["v*"]
              pull_request:

            permissions:
              contents: read

            jobs:
              app:
                runs-on: ubuntu-24.04
                steps:
                  - uses: actions/checkout@v6

                  - name: Install hippo-dev
                    if: vars.HIPPO_DEV_URL != ''
                    run: |
                      mkdir -p "$RUNNER_TEMP/bin"
                      curl --fail --location --silent --show-error --output "$RUNNER_TEMP/bin/hippo-dev" "$URL"
                      echo "$DIGEST  $RUNNER_TEMP/bin/hippo-dev" | sha256sum --check --quiet
                      chmod +x "$RUNNER_TEMP/bin/hippo-dev"
                      echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"
                    env:
                      URL: ${{ vars.HIPPO_DEV_URL }}
                      DIGEST: ${{ vars.HIPPO_DEV_SHA256 }}

                  - name: Look for hippo-dev in the cache
                    if: vars.HIPPO_DEV_URL == ''
                    id: program
                    uses: actions/cache@v5
                    with:
                      path: ~/hippo-dev-program
                      key: hippo-dev-${{ runner.os }}-${{ runner.arch }}-${{ vars.HIPPO_DEV_COMMIT }}

                  - name: Build hippo-dev
                    if: vars.HIPPO_DEV_URL == '' && steps.program.outputs.cache-hit != 'true'
                    run: |
                      sudo apt-get update && sudo apt-get install --yes libsqlite3-dev
                      git clone --quiet "$SOURCE" "$RUNNER_TEMP/hippo-dev" && cd "$RUNNER_TEMP/hippo-dev"
                      git checkout --quiet "$COMMIT"
                      swift build -c release --product hippo-dev --static-swift-stdlib
                      mkdir -p ~/hippo-dev-program
                      install -m755 -s .build/release/hippo-dev ~/hippo-dev-program/
                    env:
                      SOURCE: ${{ vars.HIPPO_DEV_SOURCE }}
                      COMMIT: ${{ vars.HIPPO_DEV_COMMIT }}

                  - name: Use the hippo-dev that was built
                    if: vars.HIPPO_DEV_URL == ''
                    run: echo "$HOME/hippo-dev-program" >> "$GITHUB_PATH"

            \(steps)
                  - name: Check
                    run: hippo-dev check

                  - name: Test
                    if: hashFiles('tests/*.toml') != ''
                    run: hippo-dev test\(noBuild)

                  - name: Compare the tag with the version in HIPPOFACTS
                    if: startsWith(github.ref, 'refs/tags/v')
                    run: |
                      version=$(hippo-dev check --json | jq --raw-output .version)
                      if [ "v$version" != "$GITHUB_REF_NAME" ]; then
                        echo "::error file=HIPPOFACTS::The version is $version, and the tag $GITHUB_REF_NAME"
                        exit 1
                      fi

                  - name: Pack the bindle
                    run: hippo-dev prepare -v production -d bindle.tar.gz\(noBuild)

                  - uses: actions/upload-artifact@v7
                    with:
                      name: bindle
                      path: bindle.tar.gz

                  - name: Push
                    if: startsWith(github.ref, 'refs/tags/v')
                    run: hippo-dev push -v production\(noBuild)
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
