#!/usr/bin/env bash
# Tries the hooks with pre-commit: a good commit passes, a bad one is refused. SPANGUARD_FULL=1 builds the rust hook, too.
# usage: try_pre_commit.sh BINARY
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")/.."
root=$PWD
tools="${CI_TOOLS:-$root/target/ci-tools}/venv/bin"
[ -x "$tools/pre-commit" ] || {
    python3 -m venv "${tools%/bin}"
    "$tools/pip" install --quiet -r .ci/requirements.txt
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Nothing of the machine's or the caller's settings of git counts here.
unset "${!GIT_@}"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=try GIT_AUTHOR_EMAIL=try@localhost GIT_COMMITTER_NAME=try GIT_COMMITTER_EMAIL=try@localhost
export PRE_COMMIT_HOME="$scratch/home" CARGO_TARGET_DIR="$root/target/pre-commit"
mkdir "$scratch/bin"
ln -s "$binary" "$scratch/bin/spanguard"
export PATH="$tools:$PATH"

# The hooks' repository: this one as it is now, committed or not, with a tag.
git init --quiet "$scratch/hooks"
git --git-dir="$scratch/hooks/.git" --work-tree="$root" add --all
git -C "$scratch/hooks" commit --quiet --message hooks
git -C "$scratch/hooks" tag v0.0.0

fail() { printf '%s\n' "$1" >&2; cat "$scratch/log" >&2; exit 1; }
manifest() {
    cat <<YAML
apiVersion: v1
kind: Pod
metadata: {name: cart}
spec:
  containers:
    - name: cart
      image: cart:1.2.3
      env:
        - {name: OTEL_SDK_DISABLED, value: "$1"}
YAML
}
commits() { git add --all && git commit --message "$1" >"$scratch/log" 2>&1; }

try() {
    rm -rf "$scratch/shop"
    git init --quiet "$scratch/shop"
    cd "$scratch/shop"
    printf 'repos:\n  - repo: ../hooks\n    rev: v0.0.0\n    hooks:\n      - id: %s\n' "$1" >.pre-commit-config.yaml
    pre-commit install >/dev/null
    manifest true >cart.yaml
    commits good || fail "$1: a good commit is refused"
    grep -Eq '^spanguard\.+Passed' "$scratch/log" || fail "$1: the hook did not run on a good commit"
    good=$(git rev-parse HEAD)
    manifest 1 >cart.yaml
    if commits bad; then fail "$1: a bad commit passes"; fi
    grep -q 'rollout/unreadable-switch' "$scratch/log" || fail "$1: a bad commit is refused for another reason"
    [ "$(git rev-parse HEAD)" = "$good" ] || fail "$1: a refused commit is there"
    # A file that says nothing about tracing starts no run, although the mistake is still in the folder.
    git reset --quiet && echo text >README.md && git add README.md
    git commit --message other >"$scratch/log" 2>&1 || fail "$1: a commit of another file is refused"
    grep -q 'no files to check' "$scratch/log" || fail "$1: a commit of another file starts a run"
    cd "$root"
    echo "pre-commit: $1: a good commit passes, a bad one is refused, one of other files starts no run"
}

PATH="$scratch/bin:$PATH" try spanguard-system
if [ "${SPANGUARD_FULL:-}" = 1 ]; then try spanguard; fi

# The names that start a run are those that the program reads.
python - <<'PYTHON'
import re, yaml
hooks = yaml.safe_load(open(".pre-commit-hooks.yaml"))
yes = """Dockerfile a/dockerfile api.dockerfile Dockerfile.prod Containerfile a/b.yaml a.YML a.json _helpers.tpl pom.xml
    build.gradle build.gradle.kts libs.versions.toml requirements.txt requirements-dev.in pyproject.toml x/Pipfile
    package.json rebar.config mix.exs go.mod a.csproj a.fsproj Directory.Packages.props spanguard.yaml .spanguardignore
    docker-bake.hcl docker-bake.override.hcl src/cart.app.src config/sys.config sys.config.src .github/CODEOWNERS"""
no = "main.rs README.md Dockerfiles/x.py yaml a.yaml.bak go.mod.txt notes.txt my-requirements.md Cargo.toml main.hcl CODEOWNERS.md"
for hook in hooks:
    wrong = [n for n in yes.split() if not re.search(hook["files"], n)] + [n for n in no.split() if re.search(hook["files"], n)]
    assert not wrong, f"{hook['id']}: {wrong}"
print(f"pre-commit: {len(yes.split())} names start a run and {len(no.split())} do not")
PYTHON
