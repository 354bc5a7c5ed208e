#!/usr/bin/env bash
# Checks the workflows, the action and the hooks: their shape, their expressions, their scripts and their security.
set -euo pipefail
cd "$(dirname "$0")/.."
tools="${CI_TOOLS:-$PWD/target/ci-tools}/venv/bin"
for tool in zizmor actionlint check-jsonschema pre-commit; do
    [ -x "$tools/$tool" ] && continue
    python3 -m venv "${tools%/bin}"
    "$tools/pip" install --quiet -r .ci/requirements.txt
done
"$tools/check-jsonschema" --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
"$tools/check-jsonschema" --quiet --builtin-schema vendor.github-actions action.yml
"$tools/pre-commit" validate-manifest .pre-commit-hooks.yaml
"$tools/actionlint" .github/workflows/*.yml
"$tools/zizmor" --offline --no-progress --quiet .github action.yml
echo "workflows, action and hooks: their schemas, actionlint and zizmor have no complaint"
